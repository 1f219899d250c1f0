"""The server's own index over the demo corpus, made in three ways, and asked in three ways."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from platform_core.testing.people import PEOPLE
from servers.knowledge.encoder.chosen import encoder
from servers.knowledge.encoder.port import Model, Vectors
from servers.knowledge.gaps.tickets import Tickets
from servers.knowledge.index.audience import keys_of
from servers.knowledge.index.catalogue import Passage
from servers.knowledge.index.chunks import Chunk
from servers.knowledge.index.index import Index, Prepared
from servers.knowledge.index.vectors import KnownVectors
from servers.knowledge.keeping import Kept
from servers.knowledge.searching import POOL, ranked
from servers.knowledge.session import Session
from servers.knowledge.settings import KnowledgeSettings
from servers.knowledge.sync.progress import Board
from servers.knowledge.sync.syncing import Sync
from tests.evals.corpus import folders, section
from tests.evals.questions import Question

WAYS = ("words", "meaning", "both")
FORMS = ("titled", "bare", "whole")
"""Passages as the server has them; the same without title and headings; each page in one piece."""
Rankings = Mapping[str, Sequence[str]]
"""By way: names of sections, best first."""
ENOUGH = 20
"""Passages that hold ten sections."""
MOST_PASSAGES = 10_000
_Shape = Callable[[Prepared], Prepared]


class Shaped(Index):
    """An index that takes documents in another form than the server gives them."""

    def __init__(self, folder: Path, model: Model, shape: _Shape) -> None:
        super().__init__(folder, model)
        self._shape = shape

    def add(self, prepared: Sequence[Prepared], gone: Collection[str] = ()) -> None:
        super().add([self._shape(each) for each in prepared], gone)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The corpus in three forms, each as the server keeps it."""

    forms: Mapping[str, Kept]
    names: Mapping[tuple[str, str], str]
    """By document and anchor: `page#heading`."""

    def asked(self, form: str, question: Question) -> Rankings:
        """What the person who asks finds, in each way."""
        knowledge = self._session(form, question)
        near = knowledge.index.by_meaning(self._vector(question), knowledge.reach, POOL)
        words = knowledge.index.by_words(question.text, knowledge.reach, POOL)
        both = ranked(knowledge, question.text, ENOUGH).passages
        return {
            "words": self._named(knowledge, [key for key, _ in words]),
            "meaning": self._named(knowledge, [key for key, _ in near]),
            "both": self._named(knowledge, [passage.key for passage in both]),
        }

    def nearest(self, question: Question) -> float:
        """The greatest cosine of what the person may read."""
        knowledge = self._session("titled", question)
        near = knowledge.index.by_meaning(self._vector(question), knowledge.reach, 1)
        return near[0][1] if near else 0.0

    def _session(self, form: str, question: Question) -> Session:
        kept, keys = self.forms[form], keys_of(PEOPLE[question.by].calling_from())
        return Session(kept=kept, keys=keys, reach=kept.index.held().reach(keys))

    def _vector(self, question: Question) -> Vectors:
        return self.forms["titled"].encoder.encode([question.text])[0]

    def _named(self, knowledge: Session, keys: Sequence[int]) -> list[str]:
        """Sections, each where its first piece is."""
        found = knowledge.index.passages(keys, knowledge.reach)
        return list(dict.fromkeys(self.names[found[key].document.id, found[key].anchor] for key in keys))


@contextmanager
def bench() -> Generator[Bench]:
    """Read the demo corpus three times. Raises `ValueError` where a page could not be read."""
    settings = KnowledgeSettings.load()
    model = encoder(settings)
    vectors = KnownVectors(model, settings.cache_folder)
    shapes: Mapping[str, _Shape] = {
        "titled": lambda each: each,
        "bare": lambda each: _bare(each, vectors),
        "whole": lambda each: _whole(each, vectors),
    }
    with TemporaryDirectory(prefix="sb-evals-") as root:
        forms: dict[str, Kept] = {}
        for form in FORMS:
            folder = Path(root, form)
            index = Shaped(folder, model.model, shapes[form])
            tickets, board = Tickets(folder / "gaps.db"), Board(folder / "progress.json")
            forms[form] = Kept(
                settings=settings, index=index, encoder=model, vectors=vectors, tickets=tickets, board=board
            )
            Sync(index=index, vectors=vectors, board=board).run(folders())
            if board.now.problems:
                raise ValueError("the corpus was not read whole: " + "; ".join(board.now.problems))
        yield Bench(forms=forms, names=_names(forms["titled"].index) | _names(forms["whole"].index))


def _bare(each: Prepared, vectors: KnownVectors) -> Prepared:
    chunks = [replace(chunk, headings=()) for chunk in each.chunks]
    return _with(replace(each, document=replace(each.document, title="")), chunks, vectors)


def _whole(each: Prepared, vectors: KnownVectors) -> Prepared:
    text = "\n".join("\n".join((*chunk.headings, chunk.text)) for chunk in each.chunks)
    return _with(each, [Chunk(anchor="whole", headings=(), text=text)], vectors)


def _with(each: Prepared, chunks: Sequence[Chunk], vectors: KnownVectors) -> Prepared:
    made: Vectors = vectors.of([chunk.embedded(each.document.title) for chunk in chunks])
    return replace(each, chunks=chunks, hashes=[chunk.anchor for chunk in chunks], vectors=made)


def _names(index: Index) -> dict[tuple[str, str], str]:
    held = index.held()
    reach = held.reach({group for audience in held.audiences.values() for group in audience})
    every = index.passages(range(1, MOST_PASSAGES), reach)
    return {(each.document.id, each.anchor): _name(each) for each in every.values()}


def _name(passage: Passage) -> str:
    page = passage.document.id.partition("/")[2]
    return section(page, passage.document.title, passage.headings)
