"""What a change does to pipelines, hooks and the instructions of agents."""
