"""The code that is shown to a learner runs without this library."""

import grimp


def test_exercises_and_bugs_import_nothing_of_ours():
    graph = grimp.build_graph("prodimg_lib")
    for folder in ("exercises", "bugs"):
        for module in graph.find_children(f"prodimg_lib.interview.{folder}"):
            assert graph.find_modules_directly_imported_by(module) == set(), module
