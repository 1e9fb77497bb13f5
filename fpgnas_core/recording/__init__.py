"""Recordings of ROS (rosbag2 and ROS 1) read without a ROS installation: messages, cameras, images and poses."""
