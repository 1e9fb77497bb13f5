"""What the figures mean, for those who see the report and nothing else."""

GLOSSARY = {
    "ADD, ADD-S": (
        "Mean distance of the model's points between estimated and true pose; ADD-S takes the nearest point, for "
        "objects that look the same from several sides. ADD(-S) is ADD-S for symmetric objects and ADD for others. "
        "Below 0.1 diameters (0.1 d) a pose counts as right. The AUC averages the share of right poses over all "
        "thresholds up to 0.1 m."
    ),
    "missed, spurious": (
        "Every true instance counts: a missed one is wrong in every share. An instance is detected where an estimate's "
        "origin is within one diameter of the true one; an estimate that detects nothing is spurious. Errors in mm, "
        "degrees and pixels are of the instances that have an estimate."
    ),
    "95 %": (
        "The range in which the figure would be with other frames of the same kind, by circular block bootstrap, which "
        "respects that neighbouring frames are alike. In comparisons the frames of both runs are paired."
    ),
    "jitter": (
        "Standard deviation of the error from one frame to the next; a constant error is none. A flip is a rotation "
        "error that jumps by more than 45 degrees. An id switch is a detection of an object under another id than "
        "the one before."
    ),
    "lag": "By how much the estimates trail the true motion; negative: they run ahead.",
    "longest dropout": "The longest time from one detection to the next with frames between that show the object.",
    "view angle": "Between the object's z axis and the line of sight to the camera; 0 is seen from above.",
}
