"""From real people's answers to simulated ones and back: how close does a simulation come?"""

from bench import bundled_corpus, hold_out, run_benchmark
from simulator import Simulation

corpus = bundled_corpus("food", out="food.corpus", replace=True)  # personas.ingestion reads your own dump
split = hold_out(corpus, seed=7)  # half of the questions, and all that was answered to them
simulation = Simulation(split.train, seed=7, panel=32)
print(simulation.ask("What shall we eat?", ["Italian food", "English food"]))
run, card = run_benchmark(simulation, split)
for row in card.tasks[0].rows:  # the first task: which answer did the group give most?
    print(f"{row.predictor:60} {row.mean:.2f}  [{row.low:.2f}, {row.high:.2f}]")
