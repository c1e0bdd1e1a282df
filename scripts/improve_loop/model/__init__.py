"""The words of the loop as frozen dataclasses (DESIGN sections 3 and 9).

`candidate` what is found · `find`, `ask`, `make`, `tend` the artifacts of each act · `state` · `config`; `artifacts`
names every kind. Nothing is imported here: a phase loads the words that it speaks.
"""
