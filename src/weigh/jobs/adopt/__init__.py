"""The main job: resolve, examine, gate, fit, question, decide, judge, report."""
