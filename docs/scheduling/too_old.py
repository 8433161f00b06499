"""Tell when a study's newest answers are too old: python docs/scheduling/too_old.py reports/acme/status.json 45."""

import datetime
import json
import sys
from pathlib import Path


def main() -> int:
    """0 where the newest day in status.json is at most so many days ago, else 1 and a sentence."""
    path, days = Path(sys.argv[1]), int(sys.argv[2])
    if not path.is_file():
        print(f"There is no {path}: no report has been published.")
        return 1
    day = json.loads(path.read_text(encoding="utf-8"))["day"]
    if not day:
        print(f"{path.parent.name}: nothing in the study has a date, so its age cannot be told.")
        return 1
    age = (datetime.date.today() - datetime.date.fromisoformat(day)).days
    if age > days:
        print(f"{path.parent.name}: the newest answers are of {day}, {age} days ago; {days} are allowed.")
    return int(age > days)


if __name__ == "__main__":
    sys.exit(main())
