"""A predictor of one's own, held against real people: what does knowing the community add?"""

from bench import bundled_corpus
from bench.construction import construct
from bench.evaluate import evaluate
from bench.predictors import predictor
from personas.embedding import embedder_named

corpus = bundled_corpus("food", out="food.corpus", replace=True)
benchmark = construct(corpus, out="food.benchmark", seed=7, embedder=embedder_named(), replace=True)


@predictor("the young like it, the old do not know it")
def mine(item, community):
    curious = {"age-18-29": 0.5, "age-30-44": 0.45, "age-45-60": 0.35}.get(community, 0.3)
    rest = (1 - curious) / (item.size - 1)
    return [curious] + [rest] * (item.size - 1)  # one number an option; the votes are out of sight


card = evaluate(benchmark, [mine], seed=7)
for task in card.tasks[:1]:
    for row in task.rows:
        print(f"{row.role:10} {row.predictor:60} {row.mean:.2f}  [{row.low:.2f}, {row.high:.2f}]")
for each in card.comparisons[:3]:
    print(f"{each.first} ahead of {each.second} by {each.mean:+.2f} [{each.low:+.2f}, {each.high:+.2f}]")
