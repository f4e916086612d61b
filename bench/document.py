"""The tables of docs/performance.md, from the figures of a run: python document.py FOLDER

Writes what stands between the marks of that page anew, and copies the plots beside it.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import sys

from compete import pretty

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/performance.md"
PLOTS = ROOT / "docs/plots"


def escape(text: str) -> str:
    return text.replace("|", "\\|").replace("[", "\\[")


def machine(folder: pathlib.Path) -> str:
    it = json.loads((folder / "contests.json").read_text())["machine"]
    return f"{it['processor']}, {it['cores']} cores, Linux {it['kernel']}, Python {it['python']}, Shoal {it['shoal']}."


def contests(folder: pathlib.Path, group: str) -> str:
    lines = ["| | | median | ± | × shoal | at least | |", "|---|---|---:|---:|---:|---:|---|"]
    for contest in json.loads((folder / "contests.json").read_text())["contests"]:
        if contest["group"] != group:
            continue
        title = f"**{contest['language']}**: `{escape(contest['title'])}`" if contest["title"][0] in "la(cw" and "." in contest["title"] \
            else f"**{contest['language']}**: {escape(contest['title'])}"
        for row in contest["cases"]:
            if "missing" in row:
                lines.append(f"| {title} | {row['who']} | not to be had here | | | | |")
            else:
                least = "" if row["least"] is None else f"{row['least']:g}"
                mark = "" if row["least"] is None else "yes" if row["reached"] else "**no**"
                lines.append(f"| {title} | {row['who']} | {pretty(row['median'])} | {100 * row['spread']:.0f} % | {row['ratio']:.2f} | {least} | {mark} |")
            title = ""
    return "\n".join(lines)


def calls(folder: pathlib.Path) -> str:
    medians = json.loads((folder / "figures.json").read_text())["medians, ns"]
    lines = ["| | " + " | ".join(f"{language} | ×" for language in medians) + " |", "|---|" + "---:|---:|" * len(medians)]
    for title in dict.fromkeys(title for figures in medians.values() for title in figures):
        cells = [escape(title)]
        for figures in medians.values():
            value = figures.get(title)
            cells += ["", ""] if value is None else [pretty(value), f"{value / figures['empty method call']:.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def scale(folder: pathlib.Path, name: str) -> str:
    it = json.loads((folder / "scale.json").read_text())["scales"][name]
    PLOTS.mkdir(exist_ok=True)
    shutil.copyfile(folder / f"{name}.svg", PLOTS / f"{name}.svg")
    lines = [f"![{it['title']}](plots/{name}.svg)", "", f"| {it['unit']} | " + " | ".join(map(escape, it["ns"])) + " |",
             "|---:|" + "---:|" * len(it["ns"])]
    lines += [f"| {x:,} | " + " | ".join(pretty(values[i]) for values in it["ns"].values()) + " |" for i, x in enumerate(it["x"])]
    return "\n".join(lines)


def contended(folder: pathlib.Path) -> str:
    return "```\n" + (folder / "contended.txt").read_text().rstrip() + "\n```"


def instructions(_: pathlib.Path) -> str:
    found = json.loads((ROOT / "bench/instructions.json").read_text())
    lines = ["| | " + " | ".join(f"{language}: ours | all" for language in found) + " |", "|---|" + "---:|---:|" * len(found)]
    for title in dict.fromkeys(title for titles in found.values() for title in titles):
        cells = [escape(title)]
        for titles in found.values():
            cells += [f"{titles[title]['ours']:.0f}", f"{titles[title]['all']:.0f}"] if title in titles else ["", ""]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


PARTS = {"machine": machine, "contests": contests, "calls": calls, "scale": scale, "contended": contended, "instructions": instructions}


def main(folder: pathlib.Path) -> None:
    def part(match: re.Match) -> str:
        return f"{match[1]}\n{PARTS[match[2]](folder, *match[3].split())}\n{match[4]}"
    page = PAGE.read_text()
    PAGE.write_text(re.sub(r"(<!-- (\w+)([^\n]*?) -->)\n.*?(<!-- end -->)", part, page, flags=re.DOTALL))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
