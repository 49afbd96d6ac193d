"""Search over a place: communities, the sentences of their profiles, norms, members and posts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from tui.plaintext import one_line
from tui.reading.communities import NormView, PostView, SentenceView, read_posts, source_of
from tui.reading.provenance import Provenance
from tui.reading.searching import Found, Hit, search
from tui.screens.base import InstrumentScreen
from tui.screens.reader import ReaderScreen, posts_content
from tui.widgets.norms import norm_content
from tui.widgets.prose import heading, plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer

__all__ = ["SearchScreen"]

COLUMNS = (Column("what", 9), Column("community", 10, share=1, above=60), Column("found", 20, share=5))
PAUSE = 0.25
HINT = "Type a word, then Enter or ↓ to go to what was found."


class SearchScreen(InstrumentScreen[Provenance]):
    """Finds a text in a corpus or a run."""

    PLACE = "Search"
    CSS_PATH = Path(__file__).with_name("communities.tcss")
    GUIDE = """Type any word or part of one. What was found is listed below: communities, sentences of their
profiles, their strongest and most contested norms, members (by their pseudonym or by what they talk about), and posts
of the corpus; at most 50 of each. Upper and lower case are the same.

Enter or ↓ leads from the word to the list; Enter on something that was found opens it: a community or a member in the
graph, a sentence with the posts that it rests on, a norm or a post in full. Esc leads back to the word, then out."""
    GUIDES: ClassVar[dict[str, str]] = {
        "word": """The word to look for. What is found changes as you type; Enter or ↓ leads to it.""",
        "hits": """What was found: what it is, in which community, and the text. Enter opens it. ↑ on the first row
leads back to the word.""",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "word", "Another word", key_display="/", id="search.word"),
        Binding("down", "hits", "To the list", show=False, id="search.hits"),
        Binding("f1", "app.guide", "Help", id="search.help", tooltip="Help, from within the word"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._found = Found(text="")
        self._timer: Timer | None = None

    def body(self) -> ComposeResult:
        """Yield the word and the list."""
        yield Input(placeholder="a word, a topic, a member…", id="word")
        yield Static(HINT, id="notes", markup=False)
        yield RowList(COLUMNS, empty="", id="hits")

    def on_mount(self) -> None:
        """Give the word the keys."""
        self.query_one(Input).focus()

    def read(self) -> Provenance:
        """Read where one searches."""
        return source_of(self.folder)

    def apply(self, view: Provenance) -> None:
        """Say it."""
        self.query_one(TopBar).show(view)

    class _Hits(InstrumentScreen.Arrived):
        """Something was searched for."""

    def on_input_changed(self, message: Input.Changed) -> None:
        """Search once the typing pauses."""
        message.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self._search)

    def on_input_submitted(self) -> None:
        """Go to what was found."""
        self.action_hits()

    def on_search_screen__hits(self, message: _Hits) -> None:
        """List it."""
        found: Found = message.view
        if found.text != self.query_one(Input).value:
            return
        self._found = found
        listed = self.query_one("#hits", RowList)
        listed.cursor = 0
        rows = [(hit.kind, hit.where, one_line(hit.text)) for hit in found.hits]
        listed.show(rows, empty="nothing was found" if found.text.strip() else "")
        told = f"{len(rows)} found" if rows else HINT
        self.query_one("#notes", Static).update(
            plain("\n".join([told, *(f"! {note}" for note in found.notes)]))
        )

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open what was found."""
        hit = self._found.hits[message.index]
        if isinstance(hit.thing, SentenceView):
            self._show_evidence(hit.thing)
        elif isinstance(hit.thing, NormView):
            title = f"Norm of {one_line(hit.where)} · post {hit.thing.post}"
            self.app.push_screen(ReaderScreen(title, norm_content(hit.thing)))
        elif isinstance(hit.thing, PostView):
            post = hit.thing
            text = posts_content(
                heading(f"said in {one_line(hit.where)}"), (post.post,), (post,), mark=self._found.text
            )
            self.app.push_screen(ReaderScreen(f"Post {post.post}", text))
        else:
            self._show_place(hit)

    def action_word(self) -> None:
        """Give the word the keys."""
        self.query_one(Input).focus()

    def action_hits(self) -> None:
        """Give the list the keys."""
        if self._found.hits:
            self.query_one("#hits", RowList).focus()

    def action_leave(self) -> None:
        """Go from the list back to the word, and from there to the screen before."""
        if self.query_one("#hits", RowList).has_focus:
            self.action_word()
        else:
            super().action_leave()

    class _Posts(InstrumentScreen.Arrived):
        """The posts behind a sentence were read."""

    def on_search_screen__posts(self, message: _Posts) -> None:
        """Show them."""
        sentence, posts = message.view
        text = posts_content(
            heading(f"“{one_line(sentence.text)}”"), sentence.posts, posts, mark=sentence.text
        )
        self.app.push_screen(ReaderScreen(f"What this rests on · {sentence.facet}", text))

    def _search(self) -> None:
        word, folder = self.query_one(Input).value, self.folder
        self.in_thread(lambda: search(folder, word), self._Hits, group="search")

    def _show_evidence(self, sentence: SentenceView) -> None:
        folder = self.folder

        def read() -> tuple[SentenceView, tuple[PostView, ...]]:
            return sentence, read_posts(source_of(folder).folder, sentence.posts)

        self.in_thread(read, self._Posts, group="posts")

    def _show_place(self, hit: Hit) -> None:
        if hit.kind == "member":
            self.interface.visit("graph", self.folder, member=hit.member)
        else:
            self.interface.visit("graph", self.folder, community=hit.where)
