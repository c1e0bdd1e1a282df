"""What the gate families share: the words of a rule, policy and scope, kinds of files, ways to read a script."""
