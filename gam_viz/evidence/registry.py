"""The measures of evidence that there are. A new one is an entry here; nothing else has to know of it."""

from gam_viz.evidence.ablation.entry import ABLATION
from gam_viz.evidence.ablation.sign import SIGN
from gam_viz.evidence.agreement import AGREEMENT
from gam_viz.evidence.faithfulness.entry import FAITHFULNESS, INFIDELITY, SENSITIVITY
from gam_viz.evidence.faithfulness.scope import SCOPE
from gam_viz.evidence.localisation import LOCALISATION
from gam_viz.evidence.measure import Measure
from gam_viz.evidence.randomisation.entropy import ENTROPY
from gam_viz.evidence.randomisation.entry import RANDOMISATION
from gam_viz.evidence.randomisation.smooth import SMOOTH_RANDOMISATION
from gam_viz.evidence.randomisation.training import TRAINING
from gam_viz.evidence.single_deletion.score import SINGLE_DELETION

#: In the order in which a case measures and pages show them.
MEASURES: dict[str, Measure] = {
    measure.key: measure
    for measure in (
        *(ABLATION, SIGN, FAITHFULNESS, SCOPE, SINGLE_DELETION, RANDOMISATION, SMOOTH_RANDOMISATION, ENTROPY),
        *(TRAINING, AGREEMENT, LOCALISATION, INFIDELITY, SENSITIVITY),
    )
}
