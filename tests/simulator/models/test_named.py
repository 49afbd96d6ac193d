import pytest

from personas.errors import InputError
from simulator.models.choices import ModelChoices, Price
from simulator.models.direct import DirectModel
from simulator.models.named import model_named
from simulator.models.providers import environment_key, variable_of
from simulator.models.workers import WorkerModel

HERE = "http://127.0.0.1:8000/v1"


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    for name in ("HOSTED_VLLM_API_BASE", "OPENAI_API_BASE", "OLLAMA_API_BASE", "HF_TOKEN", "OLLAMA_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def named(model, **fields):
    return model_named(ModelChoices(model=model, **fields))


@pytest.mark.parametrize(
    ("model", "fields", "address"),
    [
        ("hosted_vllm/qwen", {"api_base": HERE}, HERE),
        ("openai/qwen", {"api_base": HERE + "/"}, HERE),
        ("huggingface/org/tgi", {"api_base": HERE}, HERE),
        ("ollama/llama3.2", {}, "http://127.0.0.1:11434/v1"),
        ("ollama_chat/llama3.2", {}, "http://127.0.0.1:11434/v1"),
        ("ollama/llama3.2", {"api_base": HERE}, HERE),
        ("ollama/llama3.2", {"api_base": "http://tea:11434/"}, "http://tea:11434/v1"),
        ("openai/qwen", {"api_base": "http://tea/openai"}, "http://tea/openai"),
        ("openai/gpt", {"client": "direct"}, "https://api.openai.com/v1"),
    ],
)
def test_a_compatible_server_is_reached_directly(model, fields, address):
    client = named(model, **fields)
    assert isinstance(client, DirectModel)
    assert (client.name, client.address) == (model, f"{address}/chat/completions")


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("openai/gpt-5-mini", {}),
        ("anthropic/claude", {}),
        ("anthropic/claude", {"api_base": HERE}),
        ("hosted_vllm/qwen", {"api_base": HERE, "client": "litellm"}),
    ],
)
def test_other_models_are_reached_through_litellm_in_workers(model, fields):
    client = named(model, workers=3, **fields)
    assert isinstance(client, WorkerModel)
    assert client.name == model
    assert repr(client) == f"WorkerModel({model!r}, count=3)"


def test_an_address_in_the_environment_is_taken(monkeypatch):
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", HERE)
    assert named("hosted_vllm/qwen").address == f"{HERE}/chat/completions"


def test_an_address_in_the_environment_that_holds_a_key_is_refused(monkeypatch):
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", "http://me:planted@127.0.0.1/v1")
    with pytest.raises(InputError) as caught:
        named("hosted_vllm/qwen")
    assert "planted" not in str(caught.value)


def test_the_direct_client_does_not_reach_a_provider_with_an_interface_of_its_own():
    with pytest.raises(InputError, match="--client direct: anthropic/claude .*use --client litellm"):
        named("anthropic/claude", client="direct")


@pytest.mark.parametrize("client", ["auto", "direct"])
def test_a_server_of_one_s_own_needs_an_address(client):
    with pytest.raises(InputError, match="--api-base: hosted_vllm/qwen .*give it, as in"):
        named("hosted_vllm/qwen", client=client)


def test_the_price_and_the_limits_of_the_choices_reach_the_client():
    price = Price(prompt=1, completion=2)
    client = named("hosted_vllm/qwen", api_base=HERE, price=price, timeout=5, at_once=9)
    assert (client.price, client.timeout, client.at_once) == (price, 5, 9)


@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("openai", "OPENAI_API_KEY"),
        ("hosted_vllm", "HOSTED_VLLM_API_KEY"),
        ("ollama_chat", "OLLAMA_API_KEY"),
        ("custom_openai", "OPENAI_API_KEY"),
        ("huggingface", "HF_TOKEN"),
    ],
)
def test_a_key_is_kept_in_the_variable_that_litellm_reads_too(provider, variable, monkeypatch):
    monkeypatch.setenv(variable, " planted ")
    assert variable_of(provider) == variable
    assert environment_key(provider) == "planted"


def test_no_key_is_printed_with_a_client(monkeypatch):
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", "planted")
    client = named("hosted_vllm/qwen", api_base=HERE)
    assert "planted" not in repr(client) + str(vars(client))
