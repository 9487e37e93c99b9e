"""A scan as JSON: schema `weigh/scan/1`, the same bytes for the same files and rules."""

import json
from typing import Any

from weigh.core.finding import Finding
from weigh.core.gate import Word
from weigh.core.scan import Scan, ScannedFile
from weigh.render.escape import json_text

SCHEMA = "weigh/scan/1"


def to_json(scan: Scan, *, strict: bool) -> str:
    """The whole scan, without times and without places of this machine. Safe to print on a terminal."""
    document = {
        "schema": SCHEMA,
        "tool": {"name": "weigh", "version": scan.tool, "rules": scan.rules},
        "exit_code": int(scan.exit_code(strict=strict)),
        "summary": {word.value: scan.count(word) for word in Word},
        "files": [_file(file) for file in scan.files],
    }
    return json_text(json.dumps(document, ensure_ascii=True, indent=1)) + "\n"


def _file(file: ScannedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "word": file.word.value,
        "size": file.size,
        "sha256": file.sha256,
        "format": file.format,
        "coverage": file.coverage.value,
        "reason": file.reason,
        "error": file.error,
        "members": file.members,
        "findings": [_finding(finding) for finding in file.findings],
        "suppressed": [
            _finding(one.finding) | {"because": one.because, "until": one.until.isoformat()}
            for one in file.suppressed
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "where": finding.where,
        "message": finding.message,
        "why": finding.why,
        "action": finding.action,
        "references": list(finding.references),
    }
