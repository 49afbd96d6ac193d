"""Language-model personas held against real votes: what it would take, who said what, how far to trust it.

    python examples/02_language_model.py hosted_vllm/qwen3-8b http://127.0.0.1:8000/v1

Without an address, the provider's own server is asked, with the key from its environment variable. Run it again after
a stop or a crash: it goes on, and pays for no call twice.
"""

import sys

from bench import bundled_corpus, hold_out, run_benchmark
from simulator import Simulation
from simulator.models.choices import Limits

model, *address = sys.argv[1:]
corpus = bundled_corpus("food", out="food.corpus", replace=True)
split = hold_out(corpus, seed=7)
simulation = Simulation(
    split.train,
    seed=7,
    panel=8,
    model=model,
    api_base=address[0] if address else "",
    limits=Limits(calls=3000),
)
items = split.items(simulation.setting.membership).items[:10]
for row in simulation.estimate(items).rows():
    print("estimate", *row)
run, card = run_benchmark(simulation, split, out="food-personas", limit=10)
for row in card.tasks[0].rows:
    print(f"{row.predictor:60} {row.mean:.2f}  [{row.low:.2f}, {row.high:.2f}]")
trust = run.reliability()
print(f"{trust.ballots} answered, {trust.abstentions} abstained, failed: {dict(trust.failures)}")
print(f"flipped when asked in reverse order: {trust.flipped} of {trust.asked_again}")
for used in run.usage():
    print(f"{used.phase}: {used.calls} calls, {used.tokens:,} tokens, cost {used.cost}")
