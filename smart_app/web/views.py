"""What the templates are given: plain values, already in words; so every page also renders from made-up ones.

Those of the worklist alone stand in worklist_values.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from smart_app.web.plots.curve import CurvePlot
from smart_app.web.plots.milestones import MilestonePlot
from smart_app.web.plots.strip import StripPlot

Text = str | Markup


@dataclass(frozen=True, slots=True)
class Fact:
    """One key fact; `notes` are said below it."""

    label: Text
    value: Text
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Banner:
    """Who the page is about; for a protected identity neither name nor number. `small`: the EHR shows it already."""

    name: Text
    number: Text | None
    protected: bool
    line: Text
    small: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened or is missing, what it means, what to do. `tone`: "plain", "ok", "wait" or "ref"."""

    text: Text
    items: tuple[Text, ...] = ()
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class HorizonRow:
    """One row of the horizons table; `unsure` is the model's own range, `group` the national figure beside."""

    day: Text
    date: Text
    iso: str
    mine: Text
    unsure: Text | None
    group: Text


@dataclass(frozen=True, slots=True)
class BandMark:
    """Risk band: word, shape and colour together. `code` names shape and colour."""

    code: str
    word: Text


@dataclass(frozen=True, slots=True)
class RiskCard:
    """The figure: sentence, band, curve, table, and what it rests on; `sentence` says why when there is no figure."""

    sentence: Text
    band: BandMark
    band_text: Text
    remarks: tuple[Text, ...]
    plot: CurvePlot | None
    legend_mine: Text
    legend_group: Text | None
    has_area: bool
    horizons: tuple[HorizonRow, ...]
    has_unsure: bool
    has_group: bool
    heading_mine: Text
    table_heads: tuple[Text, ...]
    table: tuple[TableRow, ...]
    table_caption: Text
    basis: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class ReasonBar:
    """A bar from the middle line; `kind` is "up" or "down"."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One reason: what, from where, and how many points out of 100 it adds or takes away."""

    text: Text
    source: Text
    value: str
    zero: str
    bar: ReasonBar | None


@dataclass(frozen=True, slots=True)
class WhyCard:
    """Why the figure is what it is, what is not counted in, and what it does not say.

    `start` + `rows` = `total`, in whole points; all three are empty when only the diagnosis counts.
    """

    heading: Text
    reasons: tuple[Text, ...]
    not_counted: Text
    limits: tuple[Text, ...]
    start: tuple[Text, str] | None = None
    rows: tuple[ReasonRow, ...] = ()
    total: tuple[Text, str] | None = None
    caption: Text = ""


@dataclass(frozen=True, slots=True)
class AnswerButton:
    """One answer; `chosen` = given already."""

    level: str
    text: Text
    chosen: bool


@dataclass(frozen=True, slots=True)
class QuestionForm:
    """One question with what each answer would make of the figure."""

    column: str
    text: Text
    effect: Text
    buttons: tuple[AnswerButton, ...]


@dataclass(frozen=True, slots=True)
class QuestionsCard:
    """Questions that can move the figure, or narrow the guideline; `id` names the card on the page."""

    id: str

    heading: Text
    lead: Text
    questions: tuple[QuestionForm, ...]


@dataclass(frozen=True, slots=True)
class InterventionRow:
    """One proposed intervention as a checkbox."""

    id: str
    title: Text
    meta: Text
    code: Text
    why: Text
    rule: Text
    checked: bool


@dataclass(frozen=True, slots=True)
class HeldRow:
    """An intervention that a rule holds back, and why."""

    title: Text
    why: Text


@dataclass(frozen=True, slots=True)
class StateRow:
    """One thing written, waiting or refused; `entry` can be retried and downloaded when refused."""

    mark: str
    title: Text
    text: Text
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a plain table: heading cell, then the others."""

    head: Text
    cells: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class CaseCard:
    """The case: facts, drawings and the tables behind them."""

    title: Text
    code: str | None
    scope: Text
    facts: tuple[Fact, ...]
    strip: StripPlot
    milestones: MilestonePlot | None
    certificates: tuple[TableRow, ...]
    milestone_rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class SaveCard:
    """The one primary action: what it writes, in words; `refused_because` is the reason when it cannot be pressed."""

    written: Text
    button: Text
    aside: Text
    refused_because: Text | None
    choices: tuple[tuple[str, Text, bool], ...]


@dataclass(frozen=True, slots=True)
class AssessmentView:
    """The physician's page; cards that have nothing to say are None. `more` are proposals folded away, none ticked."""

    title: Text
    opened_by: Text
    banner: Banner
    notices: tuple[Notice, ...]
    nothing: Notice | None
    case: CaseCard | None
    risk: RiskCard | None
    why: WhyCard | None
    questions: tuple[QuestionsCard, ...]
    model_kind: str
    interventions: tuple[InterventionRow, ...]
    more: tuple[InterventionRow, ...]
    held: tuple[HeldRow, ...]
    interventions_lead: Text
    save: SaveCard | None
    states: tuple[StateRow, ...]
    pending: bool


@dataclass(frozen=True, slots=True)
class NavItem:
    """One of the launch's pages."""

    text: Text
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses and the form token of one launch's page; `query` keeps the language when it is not the launch's.

    `style`: style sheet of the launch; "" = our own colours.
    """

    launch: str
    here: str
    other_language: str
    other_code: str
    form_token: str
    query: str = ""
    style: str = ""
    nav: tuple[NavItem, ...] = ()
