"""The ROS 2 side: the pose node, its messages, the bag player and the demo."""
