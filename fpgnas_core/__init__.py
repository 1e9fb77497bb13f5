"""Pose estimation without ROS and without PyTorch: camera geometry, PnP, bundles, the estimator."""
