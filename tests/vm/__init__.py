"""A virtual machine with GPUs of the lab goes through a real reboot."""
