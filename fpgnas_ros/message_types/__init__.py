"""Type support of the message packages that the PyPI wheels of ROS 2 lack (tf2_msgs, vision_msgs).

Where a ROS 2 installation brings these packages they are used as they are and nothing is compiled.
"""
