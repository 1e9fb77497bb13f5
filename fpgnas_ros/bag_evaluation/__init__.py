"""From a recording to a verdict: how accurate, how fast and how steady the pose estimates were. Needs no ROS."""
