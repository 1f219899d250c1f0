"""How a page is cut: at its headings, long sections at their paragraphs; each piece says where it stands."""

from servers.knowledge.index.chunks import LONGEST, chunks

PAGE = """# Travel

Ask first.

## Flights

Long ones.

```sh
# no heading
```

### Upgrades

Never.

## Flights

Short ones."""


def test_a_page_is_cut_at_its_headings_and_each_piece_has_a_place_of_its_own() -> None:
    assert [(each.anchor, each.headings) for each in chunks("Travel", PAGE)] == [
        ("top", ()),
        ("flights", ("Flights",)),
        ("flights/upgrades", ("Flights", "Upgrades")),
        ("flights~2", ("Flights",)),
    ]


def test_what_is_encoded_of_a_piece_begins_with_title_and_headings() -> None:
    upgrades = chunks("Travel", PAGE)[2]
    assert upgrades.embedded("Travel") == "Travel > Flights > Upgrades\nNever."


def test_no_piece_is_longer_than_is_read_of_it_and_no_word_is_lost() -> None:
    words = " ".join(f"word{number}" for number in range(2_000))
    pieces = chunks("Long", f"{words}\n\n{'x' * 3_000}")
    assert max(len(each.text) for each in pieces) <= LONGEST
    assert " ".join(each.text for each in pieces).split()[:2_000] == words.split()
    assert sum(each.text.count("x") for each in pieces) == 3_000


def test_a_page_of_nothing_has_no_pieces() -> None:
    assert chunks("Empty", "") == chunks("Empty", "# Empty\n\n## Nothing\n") == []
