"""From real people's answers to simulated ones and back: how close does a simulation come?"""

from bench import bundled_corpus, hold_out, run_benchmark
from simulator import Simulation

corpus = bundled_corpus("food", out="food.corpus", replace=True)  # personas.ingest reads a dump of your own
split = hold_out(corpus, seed=7)  # half of the questions are hidden, and all that was answered to them
simulation = Simulation(split.train, seed=7, panel=32)
for group, preference in simulation.ask(
    "Georgian food?", ["I love it", "It is average", "I hate it"]
).items():
    print(f"{group:12}", *(f"{share:.2f}" for share in preference.shares))
run, card = run_benchmark(simulation, split)
for row in card.tasks[0].rows:  # the first task: which answer did each group give most?
    print(f"{row.predictor:60} {row.mean:.2f}  [{row.low:.2f}, {row.high:.2f}]")
