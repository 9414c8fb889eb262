"""`make composites`: photographs as visitors take them, made from pictures of a catalogue.

Writes a set of the shape of the museum's paintings (`iiif_dedup.evaluation.composites.folder`),
so that the other benchmarks can read it: `DATA=` is the folder in which OUT lies. PICTURES are
folders of pictures, or sets with truth, of which one picture of each thing is taken.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from iiif_dedup.errors import ImageError
from iiif_dedup.evaluation.composites import Kind
from iiif_dedup.evaluation.composites.folder import one_picture_a_thing, write_folder


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the composites."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.composites", description=__doc__)
    parser.add_argument("out", type=Path, help="a new folder")
    parser.add_argument("--pictures", type=Path, nargs="+", required=True, help="folders")
    parser.add_argument("--count", type=int, default=500, help="composites of each kind")
    parser.add_argument("--kinds", type=Kind, nargs="+", choices=list(Kind), default=list(Kind))
    parser.add_argument("--held-out", type=float, default=0.2, help="share that is unknown")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    console = Console()
    try:
        pictures = {
            name: path
            for folder in options.pictures
            for name, path in one_picture_a_thing(folder).items()
        }
        with Progress(console=console) as progress:
            task = progress.add_task("Composites", total=options.count * len(options.kinds))
            write_folder(
                options.out,
                pictures,
                kinds=options.kinds,
                count=options.count,
                held_out=options.held_out,
                seed=options.seed,
                advance=lambda: progress.advance(task),
            )
    except (FileExistsError, ValueError, ImageError) as error:
        raise SystemExit(str(error)) from error
    console.print(f"{options.count} of each kind, of {len(pictures)} pictures, in {options.out}")


if __name__ == "__main__":
    main()
