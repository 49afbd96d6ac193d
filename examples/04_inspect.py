"""The four tasks as tasks of inspect_ai: a benchmark of your own, put to any model that inspect_ai knows."""

from inspect_ai import eval
from inspect_ai.model import ChatMessage, ModelOutput, ModelUsage, get_model

from bench.benchmark import BenchmarkWriter, KnownCommunity
from bench.inspect_tasks import preference_distribution, preference_identification
from simulator.item import Item, Option, RealVotes

VOTES = {"tea lovers": (0.75, 0.25), "coffee lovers": (0.25, 0.75)}  # invented, like all that follows
with BenchmarkWriter(
    "drinks", name="example", source="invented", licence="CC0-1.0", fictional=True, replace=True
) as writer:
    for name in VOTES:
        writer.add_community(KnownCommunity(community=name, title=f"The {name}"))
    for number, query in enumerate(("What comes first in the morning?", "What goes with cake?")):
        real = {name: RealVotes(shares=shares, voters=40, margin=20) for name, shares in VOTES.items()}
        options = (Option(text="A pot of tea"), Option(text="A strong espresso"))
        writer.add("test", Item(item=f"drink-{number}", query=query, options=options, votes=real))
    benchmark = str(writer.finish().folder)


def always_tea(messages: list[ChatMessage], *_: object) -> ModelOutput:
    """Answer in a real model's place: whoever is asked, tea."""
    asked = messages[-1].text
    tea, other = ("A", "B") if asked.index("pot of tea") < asked.index("espresso") else ("B", "A")
    said = f'{{"choice": "{tea}", "shares": {{"{tea}": 75, "{other}": 25}}}}'
    output = ModelOutput.from_content("stand-in", said)
    output.usage = ModelUsage()  # told, so that nothing is fetched to count tokens by
    return output


model = get_model("mockllm/model", custom_outputs=always_tea)  # or simply "openai/…", "vllm/…", "ollama/…"
tasks = [preference_identification(benchmark), preference_distribution(benchmark)]
for log in eval(tasks, model=model, display="none", log_dir="drinks-logs"):
    assert log.results, log.error
    for score in log.results.scores:
        figures = ", ".join(f"{name} {metric.value:.2f}" for name, metric in score.metrics.items())
        print(f"{log.eval.task:42} {score.name:28} {figures}")
