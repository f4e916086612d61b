"""Put the figures of the last `script/bench` into docs/performance.md, and its plots beside it: python document.py FOLDER

The page has places `<!-- name -->` ... `<!-- /name -->`; what is between them is made here, the rest is written by hand. A place whose
figures are not in the folder stays as it is: after `script/bench queues flows`, say, all others do.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import sys

from compete import pretty

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
HERE = pathlib.Path(__file__).resolve().parent
FENCED = ("contended", "readers", "large", "spares", "messages", "channels")


def load(folder: pathlib.Path, name: str) -> dict:
    found = json.loads((folder / name).read_text())
    if found["quick"]:
        raise SystemExit(f"{name} is of a run with --quick: run script/bench without it")
    return found


def rows(cells: list[list[str]], align: str) -> str:
    marks = {"l": "---", "r": "---:"}
    lines = [cells[0], [marks[a] for a in align], *cells[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("[", "\\[").replace("<", "\\<")


def contests(results: list[dict], language: str) -> str:
    cells = [["", "", "median", "±", "× shoal", "at least", ""]]
    for contest in results:
        if contest["language"] != language:
            continue
        for i, row in enumerate(contest["cases"]):
            title = f"**{escaped(contest['title'])}**" if i == 0 else ""
            if "missing" in row:
                cells.append([title, escaped(row["who"]), "-", "", "", "", escaped(row["missing"][:60])])
                continue
            least = row["least"]
            cells.append([title, escaped(row["who"]), pretty(row["median"]), f"{100 * row['spread']:.0f} %", f"{row['ratio']:.2f}",
                          "" if least is None else f"{least:g}", "" if least is None else "yes" if row["reached"] else "**no**"])
    return rows(cells, "llrrrrl")


def missed(results: list[dict]) -> str:
    aims = [(contest, row) for contest in results for row in contest["cases"] if row.get("least") is not None]
    not_reached = [f"- {contest['language']}, {contest['title']}, against {row['who']}: {row['ratio']:.2f} (wanted: {row['least']:g})"
                   for contest, row in aims if not row["reached"]]
    said = f"{len(aims) - len(not_reached)} of {len(aims)} aims were reached."
    return "\n".join([f"{said} Not reached:", "", *map(escaped, not_reached)]) if not_reached else said


def flows(results: list[dict]) -> str:
    cells = [["", "", "messages a second", "±", "most", "no core", "shoal ×", "at least", ""]]
    for contest in results:
        for i, row in enumerate(contest["ways"]):
            title = f"**{escaped(contest['language'] + ', ' + contest['title'])}**" if i == 0 else ""
            if "missing" in row:
                cells.append([title, escaped(row["who"]), "-", "", "", "", "", "", escaped(row["missing"][:60])])
                continue
            least = row["least"]
            cells.append([title, escaped(row["who"]), f"{row['rate']:,.0f}", f"{100 * row['spread'] / row['rate']:.0f} %", f"{row['most']:,.0f}",
                          f"{100 * row['waited']:.0f} %", f"{row['ratio']:.2f}", "" if least is None else f"{least:g}",
                          "" if least is None else "yes" if row["reached"] else "**no**"])
    return rows(cells, "llrrrrrrl")


def calls(medians: dict) -> str:
    cells = [["", *(word for language in medians for word in (language, "×"))]]
    for title in dict.fromkeys(title for figures in medians.values() for title in figures):
        line = [escaped(title)]
        for figures in medians.values():
            value = figures.get(title)
            line += ["", ""] if value is None else [pretty(value), f"{value / figures['empty method call']:.3g}"]
        cells.append(line)
    return rows(cells, "l" + "r" * (len(cells[0]) - 1))


def scale(result: dict) -> str:
    cells = [[result["unit"], *map(escaped, result["ns"])]]
    for i, x in enumerate(result["x"]):
        cells.append([f"{x:,}", *(pretty(values[i]) for values in result["ns"].values())])
    return rows(cells, "r" * len(cells[0]))


def instructions() -> str:
    found = json.loads((HERE / "instructions.json").read_text())
    languages = ("C", "Python", "PHP")
    cells = [["", *(word for language in languages for word in (f"{language}: ours", "all"))]]
    for title in dict.fromkeys(title for language in found.values() for title in language):
        line = [escaped(title)]
        for language in languages:
            now = found[language].get(title)
            line += [f"{now['ours']:.0f}", f"{now['all']:.0f}"] if now else ["", ""]
        cells.append(line)
    return rows(cells, "l" + "r" * 6)


def fenced(file: pathlib.Path) -> str:
    return f"```\n{file.read_text().rstrip()}\n```"


def machine(found: dict) -> str:
    return (f"{found['processor']}, {found['cores']} cores of a virtual machine, Linux {found['kernel'].partition('-')[0]}, "
            f"Python {found['python']}, PHP {found['php']}, {found['day']}.")


EXCHANGE = ("queues", "jobs", "frames")  # groups of contests that have a place of their own


def of_contests(folder: pathlib.Path) -> dict[str, str]:
    found = load(folder, "contests.json")
    exchange = [contest for contest in found["contests"] if contest["group"] in EXCHANGE]
    others = [contest for contest in found["contests"] if contest["group"] not in EXCHANGE]
    blocks = {}
    if exchange:
        blocks |= {f"exchange {language}": contests(exchange, language) for language in ("Python", "PHP")}
        blocks["exchange"] = f"{machine(found['machine'])} {missed(exchange)}"
    if others:
        blocks |= {language: contests(others, language) for language in ("Python", "PHP")}
        blocks |= {"machine": machine(found["machine"]), "missed": missed(others)}
    return blocks


def blocks_of(folder: pathlib.Path) -> dict[str, str]:
    """What a place says, for each whose figures are there."""
    blocks = {name: fenced(folder / f"{name}.txt") for name in FENCED if (folder / f"{name}.txt").exists()}
    if (folder / "contests.json").exists():
        blocks |= of_contests(folder)
    if (folder / "figures.json").exists():
        blocks["calls"] = calls(load(folder, "figures.json")["medians, ns"])
    if (folder / "flows.json").exists():
        blocks["flows"] = flows(load(folder, "flows.json")["contests"])
    if (folder / "scale.json").exists():
        blocks |= {name: scale(result) for name, result in load(folder, "scale.json")["scales"].items()}
    return blocks | {"instructions": instructions()}


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    page = DOCS / "performance.md"
    text = page.read_text()
    for name, block in blocks_of(folder).items():
        text, count = re.subn(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda found: f"{found[1]}\n{block}\n\n{found[2]}", text,
                              flags=re.S)
        if count != 1:
            raise SystemExit(f"{page}: there are {count} places for {name}")
    page.write_text(text)
    (DOCS / "plots").mkdir(exist_ok=True)
    for plot in folder.glob("*.svg"):
        shutil.copyfile(plot, DOCS / "plots" / plot.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
