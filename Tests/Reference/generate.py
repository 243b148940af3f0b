#!/usr/bin/env python3
"""Writes this folder's cases with PyTorch, or with --check says which files it would change.

A file whose numbers differ by rounding alone is left as it is: PyTorch adds in another order on
another processor.
"""

import argparse
import json
import sys
from pathlib import Path

import torch

from generator import modules
from generator.case import Case
from generator.comparison import check_conditioning, differences

FOLDER = Path(__file__).resolve().parent


def is_current(path: Path, case: Case, content: dict) -> bool:
    """Whether the file holds that content, up to rounding of its answer."""
    if not path.exists():
        return False
    written = json.loads(path.read_text())
    answer = written.pop("expected", None)
    rest = {key: value for key, value in content.items() if key != "expected"}
    return written == rest and not any(differences(answer, content["expected"], case))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="write nothing; 1 if files differ")
    writes = not arguments.parse_args().check
    # More threads would add in another order.
    torch.set_num_threads(1)
    cases = [case for module in modules() for case in module.cases()]
    names = [case.name for case in cases]
    if len(names) != len(set(names)):
        raise ValueError("two cases have one name")
    changed = []
    for case in cases:
        content = case.content()
        check_conditioning(case, content["expected"])
        path = FOLDER / f"{case.name}.json"
        if not is_current(path, case, content):
            changed.append(path.name)
            if writes:
                path.write_text(case.text(content))
    print(f"{len(cases)} cases, {len(changed)} {'written' if writes else 'differ'}")
    print(*changed, sep="\n", end="\n" if changed else "")
    return 1 if changed and not writes else 0


if __name__ == "__main__":
    sys.exit(main())
