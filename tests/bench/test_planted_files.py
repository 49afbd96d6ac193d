"""From a file to a score: planted preferences come back through loading, learning, controls and the ceiling.

What is expected is worked out here, by going through every outcome that a judgement's voters can have (SciPy's
multinomial), given who is predicted and by what; none of it is our metrics' own code.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from planted_files import HAZARDS, THEMES, PlantedCommunityAlignment, PlantedCommunityBench, Tastes, theme_of
from scipy.special import rel_entr
from scipy.stats import multinomial
from word_embedder import WordEmbedder

from bench.baselines import PositionPrior
from bench.controls import as_others
from bench.datasets.community_alignment import load_community_alignment
from bench.datasets.communitybench import load_communitybench
from bench.evaluate import evaluate, run_benchmark
from bench.heldout import BenchmarkPart
from bench.predictors import Instead
from bench.tasks.cases import CEILING
from personas.seeds import derived_rng
from simulator.item import Item, Option, Preference
from simulator.simulation import Simulation

KNOWS, LEARNS, SHUFFLED = "knows what is planted", "learns tastes per theme", "shuffled communities"
UNIFORM, LONGEST = "uniform guess", "longest option"
PLACE, LAST = PositionPrior.name, "always the last letter"
MAJORITY = "item majority (all other communities' votes on the item)"
ACCURACY = ("preference identification", "accuracy")
TOP_ONE = ("preference distribution", "top-1 accuracy")
DIVERGENCE = ("preference distribution", "Jensen–Shannon divergence (base 2)")


class Knows:
    """Says what is planted, in the order in which the loader put the options."""

    name, simulated = KNOWS, True

    def __init__(self, truth):
        self.truth = truth

    def predict(self, item, community):
        return Preference(shares=tuple(self.truth(item, community)))


class Learns:
    """Finds each community's taste for every theme in the train part, by Plackett and Luce's model (Hunter 2004)."""

    name, simulated = LEARNS, True

    def fit(self, items):
        rounds = {}
        for item in items:
            for community, votes in item.votes.items():
                if item.size == 4:  # where two candidates had the same text, three are left
                    themes = [theme_of(option.text) for option in item.options]
                    rounds.setdefault(community, []).append((themes, votes.shares, votes.voters or 1))
        self.tastes = {community: self.taste(found) for community, found in rounds.items()}

    @staticmethod
    def taste(found):
        themes, weight = np.array([each[0] for each in found]), np.array([each[2] for each in found], float)
        won = np.full(len(THEMES), 0.5)  # as if each theme had been won half a time
        np.add.at(won, themes, np.array([each[1] for each in found]) * weight[:, None])
        liked = np.ones(len(THEMES))
        for _ in range(200):
            met = np.full(len(THEMES), 0.5)
            np.add.at(met, themes, (weight / liked[themes].sum(axis=1))[:, None])
            liked = won / met
            liked /= liked.mean()
        return liked

    def predict(self, item, community):
        liked = self.tastes[community][[theme_of(option.text) for option in item.options]]
        return Preference(shares=tuple((liked / liked.sum()).tolist()))


@lru_cache
def outcomes(voters):
    """(outcomes, 4): every way in which so many voters can fall on four options."""
    bars = np.array(list(combinations(range(voters + 3), 3)))
    edges = np.hstack([np.full((len(bars), 1), -1), bars, np.full((len(bars), 1), voters + 3)])
    return np.diff(edges, axis=1) - 1


def hits(predicted, observed):
    """(outcomes,): how likely the predicted top is an observed one, where equals are taken at random."""
    winners = np.isclose(predicted, max(predicted))
    best = observed == observed.max(axis=1, keepdims=True)
    return (best & winners).sum(axis=1) / winners.sum()


def divergences(predicted, shares):
    """(outcomes,): Jensen-Shannon divergences in bits."""
    predicted = np.broadcast_to(predicted, shares.shape)
    middle = (predicted + shares) / 2
    return (rel_entr(predicted, middle) + rel_entr(shares, middle)).sum(axis=1) / 2 / math.log(2)


def ahead(observed):
    """(outcomes,): by how many votes the first option is ahead."""
    ranked = np.sort(observed, axis=1)
    return ranked[:, -1] - ranked[:, -2]


@dataclass(frozen=True)
class Judgement:
    """A community's votes on an item, the planted shares, and what each predictor must have said.

    ``prior`` was added to the counts of each option before shares were published: 0 where the counts are.
    """

    item: Item
    truth: tuple[float, ...]
    said: dict[str, tuple[float, ...]]
    shares: tuple[float, ...]
    voters: int
    prior: int

    @cached_property
    def counts(self):
        """(1, 4): the votes; they must come out whole."""
        found = np.array([self.shares]) * (self.voters + 4 * self.prior) - self.prior
        assert np.allclose(found, np.rint(found))
        return np.rint(found)

    def holds(self, kind):
        """Whether the judgement counts: a margin of two votes or, of shares alone, any; ten voters or shares alone."""
        if kind == ACCURACY:
            return ahead(self.counts)[0] >= (1 if self.prior else 2)
        return bool(self.prior) or self.voters >= 10

    @cached_property
    def chances(self):
        """(outcomes,): how likely each of them is, by what is planted."""
        return multinomial(self.voters, np.array(self.truth) / sum(self.truth)).pmf(outcomes(self.voters))

    def figures(self, predicted, kind, observed):
        """(outcomes,): what a prediction scores on what could have been observed."""
        if kind == DIVERGENCE:
            return divergences(predicted, (observed + self.prior) / (self.voters + 4 * self.prior))
        return hits(predicted, observed)

    def expected(self, name, kind):
        """Return the mean and the variance of a predictor's figure, where the judgement counts."""
        drawn, chance = outcomes(self.voters), self.chances
        if kind == ACCURACY:
            chance = chance * (ahead(drawn) >= (1 if self.prior else 2))
        chance = chance / chance.sum()
        figures = self.figures(np.array(self.said[name]), kind, drawn)
        mean = float(chance @ figures)
        return mean, float(chance @ (figures - mean) ** 2)

    def second(self, kind):
        """Return what a second sample of what is planted scores."""
        drawn = outcomes(self.voters)
        chance = self.chances
        if kind == DIVERGENCE:
            return float(chance @ divergences(np.array(self.shares), drawn / self.voters))
        best, right = drawn == drawn.max(axis=1, keepdims=True), self.counts == self.counts.max()
        return float(chance @ ((best & right).sum(axis=1) / best.sum(axis=1)))


def others_on(item, community):
    """The votes of all other communities on the item, added up; None where there are none."""
    found = sum(np.array(votes.up or votes.shares) for name, votes in item.votes.items() if name != community)
    return tuple(found / found.sum()) if np.any(found) else None


@dataclass(frozen=True)
class Planted:
    """A file that was written, loaded and scored, and what is known of it."""

    truth: object
    benchmark: object
    card: object
    learner: Learns
    others: dict[str, str]
    published: int = 0
    """The voters behind shares that are published without their number; 0 where it is."""

    @cached_property
    def judgements(self):
        return [
            Judgement(
                item, self.truth(item, community), self.said(item, community), votes.shares,
                self.published or votes.voters, int(self.published > 0),
            )
            for item in self.benchmark.items("test")
            for community, votes in item.votes.items()
            if item.size == 4
        ]  # fmt: skip

    def said(self, item, community):
        lengths = [len(option.text) for option in item.options]
        found = {
            KNOWS: self.truth(item, community),
            LEARNS: self.learner.predict(item, community).shares,
            SHUFFLED: self.truth(item, self.others[community]),
            UNIFORM: (0.25,) * 4,
            LONGEST: tuple(float(place == np.argmax(lengths)) for place in range(4)),
            LAST: tuple(float(option.place == 3) for option in item.options),
            MAJORITY: others_on(item, community),
        }
        return {name: shares for name, shares in found.items() if shares is not None}

    def row(self, kind, name):
        (found,) = [task for task in self.card.tasks if (task.task, task.metric) == kind]
        return next((row for row in found.rows if row.predictor == name), None)

    def mean(self, kind, name):
        return self.row(kind, name).mean

    def held(self, kind, name):
        """The judgements that a predictor's figure rests on."""
        return [each for each in self.judgements if each.holds(kind) and name in each.said]

    def expected(self, kind, name):
        """Return what a predictor must score over all that could have been observed, with its standard error."""
        figures = np.array([each.expected(name, kind) for each in self.held(kind, name)])
        return figures[:, 0].mean(), math.sqrt(figures[:, 1].sum()) / len(figures)

    def observed(self, kind, name):
        """Return what a predictor must score on what was observed, and on how many judgements."""
        held = self.held(kind, name)
        figures = [each.figures(np.array(each.said[name]), kind, each.counts)[0] for each in held]
        return np.mean(figures), len(figures)

    def second(self, kind):
        """Return what second samples score; see ``Judgement.second``."""
        return np.mean([each.second(kind) for each in self.judgements if each.holds(kind)])


def score_all(benchmark, truth, elsewhere, *, published=0):
    """Score who knows, who learns and who is asked of others, beside all baselines."""
    knows, learns = Knows(truth), Learns()
    others = {
        name: "/".join([elsewhere[name.split("/")[0]], *name.split("/")[1:]])
        for name in benchmark.communities
    }
    card = evaluate(benchmark, [knows, learns, Instead(knows, others, name=SHUFFLED)], seed=7)
    return Planted(truth, benchmark, card, learns, others, published)


def loaded(folder, made, *, by=("country", "political"), shares=(0.3, 0, 0.7)):
    """Write a file of Community Alignment and load it."""
    path = made.write(Path(folder) / "community_alignment.csv")
    return load_community_alignment(path, out=Path(folder) / "made", by=by, shares=shares, fictional=True)


def alignment(folder, made, truth=None):
    """Write, load and score a file of Community Alignment."""

    def planted(item, community):
        return made.tastes.truth(item, community.split("/")[0])

    return score_all(loaded(folder, made), truth or planted, as_others(made.tastes.communities, seed=7))


EFFECTS = (0.0, 0.5, 2.0)
SIZE = {"conversations": 4_800, "prompts": 30, "annotators": 160}


@pytest.fixture(scope="module")
def planted():
    """Return what was scored at an effect, each file made once."""
    with tempfile.TemporaryDirectory() as folder:

        @lru_cache
        def at(effect):
            made = PlantedCommunityAlignment(**SIZE, effect=effect, hazards=dict.fromkeys(HAZARDS, 5))
            (Path(folder) / str(effect)).mkdir()
            return alignment(Path(folder) / str(effect), made)

        yield at


def as_expected(found, kind, name, *, as_if=None):
    """Assert that a score is right for what was observed, and lies where all that could have been puts it."""
    row, (mean, error) = found.row(kind, name), found.expected(kind, as_if or name)
    exactly, n = found.observed(kind, as_if or name)
    assert row.n == n > 100
    assert row.mean == pytest.approx(exactly, abs=1e-9)
    assert row.mean == pytest.approx(mean, abs=3.5 * error + 1e-9)
    assert row.low - error - 1e-9 <= mean <= row.high + error + 1e-9


ALL = (KNOWS, LEARNS, SHUFFLED, UNIFORM, LONGEST, MAJORITY)
KINDS = pytest.mark.parametrize(
    "kind", [ACCURACY, TOP_ONE, DIVERGENCE], ids=["accuracy", "top-1", "divergence"]
)


@pytest.mark.parametrize("effect", EFFECTS)
@KINDS
def test_every_score_is_what_all_that_could_have_been_observed_comes_to(planted, effect, kind):
    for name in ALL if kind == ACCURACY else set(ALL) - {LONGEST}:
        as_expected(planted(effect), kind, name)


def test_without_an_effect_nobody_is_better_than_shuffled_and_with_one_shuffled_falls_behind(planted):
    for kind in (ACCURACY, TOP_ONE, DIVERGENCE):
        same = {planted(0.0).mean(kind, name) for name in (KNOWS, SHUFFLED, UNIFORM)}
        assert max(same) - min(same) < 1e-9
    assert planted(2.0).mean(ACCURACY, SHUFFLED) < 0.3 < 0.85 < planted(2.0).mean(ACCURACY, LEARNS)
    for effect in (0.5, 2.0):
        for name in (KNOWS, LEARNS):
            assert planted(effect).mean(ACCURACY, name) > planted(effect).mean(ACCURACY, SHUFFLED) + 0.2
            assert planted(effect).mean(DIVERGENCE, name) < planted(effect).mean(DIVERGENCE, UNIFORM)
        assert planted(effect).mean(DIVERGENCE, SHUFFLED) > planted(effect).mean(DIVERGENCE, UNIFORM)


@pytest.mark.parametrize("effect", EFFECTS)
def test_the_ceiling_is_about_what_a_true_second_sample_scores_and_not_what_an_observed_lead_promises(
    planted, effect
):
    """It knows one first sample a judgement and not what is planted, of which a true second sample is drawn.

    A lead that chance alone made is not there the next time: with no effect, who asks again is right in a quarter of
    the clear cases. The prior that is learned from all judgements sees to that. What is left, most of it where tastes
    are strong, comes of a Dirichlet that does not fit what is planted: no share is under a quarter of the habit.
    """
    found = planted(effect)
    error = found.mean(ACCURACY, CEILING) - found.second(ACCURACY)
    assert abs(error) < 0.05
    assert found.mean(DIVERGENCE, CEILING) == pytest.approx(found.second(DIVERGENCE), rel=0.2)


@dataclass(frozen=True, kw_only=True)
class OneOrder(PlantedCommunityAlignment):
    """All annotators see the candidates of a comparison in one order."""

    def _turn(self, row, turn, identity, rng):
        return super()._turn(row, turn, identity, Ordered(rng, identity))


class Ordered:
    """A generator whose permutations depend on a text alone."""

    def __init__(self, rng, text):
        self.random, self.choice = rng.random, rng.choice
        self.permutation = derived_rng(1, text).permutation


def by_habit(made):
    """What is planted where everybody sees one order: the habit goes to what stands last."""

    def truth(item, community):
        liked = made.tastes.liked(community.split("/")[0], [theme_of(option.text) for option in item.options])
        last = np.array([option.place == 3 for option in item.options])
        return tuple((1 - made.habit) * liked + made.habit * last)

    return truth


@pytest.mark.parametrize("effect", [0.0, 0.5])
def test_a_habit_of_taking_the_last_letter_is_what_the_position_prior_finds(tmp_path, effect):
    made = OneOrder(**SIZE, effect=effect, habit=0.3)
    found = alignment(tmp_path, made, by_habit(made))
    for name in (KNOWS, UNIFORM, MAJORITY):
        as_expected(found, ACCURACY, name)
    as_expected(found, ACCURACY, PLACE, as_if=LAST)


def learned_places(benchmark):
    prior = PositionPrior()
    prior.fit(benchmark.items("train"))
    options = tuple(Option(text=str(place), place=place) for place in range(4))
    return prior, prior.predict(Item(item="1", query="?", options=options), "anybody").shares


@pytest.mark.parametrize(
    ("made", "habit"), [(OneOrder, 0.3), (OneOrder, 0.0), (PlantedCommunityAlignment, 0.3)]
)
def test_the_share_of_the_last_letter_comes_back_whether_orders_vary_or_not(tmp_path, made, habit):
    benchmark = loaded(tmp_path, made(**SIZE, effect=0.0, habit=habit), shares=(0.8, 0, 0.2))
    prior, shares = learned_places(benchmark)
    told = [item for item in benchmark.items("train") if item.options[0].place is not None]
    judged = sum(len(item.votes) for item in told)
    last = habit + (1 - habit) / 4
    error = math.sqrt(last * (1 - last) / judged)
    assert shares[3] == pytest.approx(last, abs=4 * error)
    assert shares[:3] == pytest.approx([(1 - last) / 3] * 3, abs=4 * error)
    varied = [item for item in benchmark.items("test") if item.options[0].place is None]
    assert all(prior.predict(item, "anybody") is None for item in varied)
    assert bool(varied) == (made is PlantedCommunityAlignment)


@dataclass(frozen=True, kw_only=True)
class OneTaste(Tastes):
    """All communities like the same."""

    @cached_property
    def table(self):
        return np.tile(
            derived_rng(self.seed, "one taste").normal(size=len(THEMES)), (len(self.communities), 1)
        )


@dataclass(frozen=True, kw_only=True)
class Alike(PlantedCommunityAlignment):
    """People differ in nothing, and items a great deal."""

    @cached_property
    def tastes(self):
        return OneTaste(
            communities=super().tastes.communities, effect=self.effect, seed=self.seed, habit=self.habit
        )


def test_where_all_communities_like_the_same_the_item_majority_is_as_good_as_knowing(tmp_path, planted):
    found = alignment(tmp_path, Alike(**SIZE, effect=2.0))
    for name in ALL:
        as_expected(found, ACCURACY, name)
        if name != LONGEST:
            as_expected(found, DIVERGENCE, name)
    for kind in (ACCURACY, DIVERGENCE):
        assert found.mean(kind, SHUFFLED) == found.mean(kind, KNOWS)
    assert found.mean(DIVERGENCE, MAJORITY) < found.mean(DIVERGENCE, KNOWS) + 0.01
    assert found.mean(DIVERGENCE, MAJORITY) < found.mean(DIVERGENCE, CEILING)
    assert planted(2.0).mean(DIVERGENCE, MAJORITY) > 3 * planted(2.0).mean(DIVERGENCE, CEILING)


BROKEN = ("no JSON", "no options", "no query", "no community", "no preference", "misfit", "double option")
PLACES = {"communities": 32, "train": 15, "test": 8}


def communitybench(folder, made, published=0):
    benchmark = load_communitybench(made.write(folder / "files"), out=folder / "made", fictional=True)
    elsewhere = as_others(made.tastes.communities, seed=7)
    return score_all(benchmark, made.tastes.truth, elsewhere, published=published)


@pytest.mark.parametrize(("effect", "variant"), [(0.0, "plain"), (0.5, "objects"), (2.0, "nested")])
def test_endorsements_are_scored_as_those_of_the_members_they_rest_on(tmp_path, effect, variant):
    made = PlantedCommunityBench(
        **PLACES, effect=effect, voters=20, variant=variant, broken=dict.fromkeys(BROKEN, 2)
    )
    found = communitybench(tmp_path, made, published=20)
    assert sum(found.benchmark.manifest.left_out.values()) == 2 * len(BROKEN)
    for name in ALL:
        as_expected(found, ACCURACY, name)
        if name != LONGEST:
            as_expected(found, DIVERGENCE, name)
    assert found.mean(ACCURACY, CEILING) is None, "how many members voted is not published"
    shuffled = found.row(ACCURACY, SHUFFLED)
    error = (shuffled.high - shuffled.low) / 4
    assert shuffled.mean == pytest.approx(0.25, abs=4 * error + 1e-9), "tastes are independent of each other"


def test_who_knows_endorsements_without_any_chance_in_them_makes_no_error(tmp_path):
    found = communitybench(tmp_path, PlantedCommunityBench(**PLACES, effect=1.0, voters=None))
    assert found.mean(ACCURACY, KNOWS) == 1
    assert found.mean(DIVERGENCE, KNOWS) == pytest.approx(0, abs=1e-12)
    assert found.mean(DIVERGENCE, LEARNS) < 0.01 < found.mean(DIVERGENCE, UNIFORM)


@pytest.fixture
def one_thread():
    """Let faiss search on one thread: on several, small searches take many times as long on a busy machine."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("effect", [0.0, 2.0])
def test_annotators_simulated_offline_beat_shuffled_ones_where_tastes_differ_and_nowhere_else(
    tmp_path, effect
):
    made = PlantedCommunityAlignment(conversations=1_200, prompts=20, annotators=60, later=0, effect=effect)
    benchmark = loaded(tmp_path, made, by=("country",), shares=(0.5, 0, 0.5))
    simulation = Simulation(benchmark, seed=7, embedder=WordEmbedder(), panel=6, sharpness=10.0)
    run, card = run_benchmark(simulation, BenchmarkPart(benchmark))
    (accuracy,) = [task for task in card.tasks if (task.task, task.metric) == ACCURACY]
    rows = {row.predictor: row for row in accuracy.rows}
    simulated, shuffled = rows[run.predictor], rows[f"shuffled communities: {run.predictor}"]
    if effect:
        assert simulated.mean > 0.75 > 0.5 > shuffled.mean
        assert shuffled.ahead["low"] > 0.2
    else:
        assert shuffled.ahead["low"] <= 0 <= shuffled.ahead["high"]
        assert simulated.low <= 0.25 <= simulated.high
