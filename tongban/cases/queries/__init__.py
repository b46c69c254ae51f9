"""What others may read of cases: frozen rows; row security decides whose."""

from tongban.cases.queries.desk import (
    Place,
    ViewRow,
    Waiting,
    WaitingRow,
    count_queue,
    items_waiting,
    queue,
    views_of,
)
from tongban.cases.queries.figures import (
    AuthorityFigures,
    ClockRow,
    Figure,
    Grouping,
    KeptRow,
    cases_behind,
    clocks,
    counts_by_item,
    figures_by_authority,
    promises_kept,
)
from tongban.cases.queries.lists import (
    ActRow,
    CaseRow,
    DraftRow,
    StatusRow,
    acts_of,
    by_number,
    cases_at,
    cases_of,
    draft_papers,
    drafts_of,
    due_numbers,
    find,
    oldest,
    overdue_promises,
    row_of,
    running_numbers,
    status,
    unfinished,
)
from tongban.cases.queries.papers import check_submission, holders_of, known_materials, lapsed_materials, owes_papers
from tongban.cases.queries.parts import (
    CorrectionRow,
    DecisionRow,
    MaterialRow,
    StepRow,
    answers_of,
    corrections_of,
    decision_of,
    handled_by,
    material_with_document,
    materials_of,
    owing,
    steps_of,
    stops_of,
    stops_used,
    timeline,
)

__all__ = [
    "ActRow", "AuthorityFigures", "CaseRow", "ClockRow", "CorrectionRow", "DecisionRow", "DraftRow", "Figure",
    "Grouping", "KeptRow", "MaterialRow", "Place", "StatusRow", "StepRow", "ViewRow", "Waiting", "WaitingRow",
    "acts_of", "answers_of", "by_number", "cases_at", "cases_behind", "cases_of", "check_submission", "clocks",
    "corrections_of", "count_queue", "counts_by_item", "decision_of", "draft_papers", "drafts_of", "due_numbers",
    "figures_by_authority", "find", "handled_by", "holders_of", "items_waiting", "known_materials", "lapsed_materials",
    "material_with_document", "materials_of", "oldest", "overdue_promises", "owes_papers", "owing",
    "promises_kept", "queue", "row_of", "running_numbers", "status", "steps_of", "stops_of", "stops_used", "timeline",
    "unfinished", "views_of",
]
