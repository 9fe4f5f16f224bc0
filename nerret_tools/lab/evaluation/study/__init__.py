"""The whole evaluation in one command: `nerret evaluate … --report DIR`.

Tables 2 to 5 of the NER Retriever paper, every type by itself and whose fault its worst cases
are, calibration, ambiguous names, figures; one JSON file with every number and one page that is
written from it. Needs the extras ``evaluation`` and ``figures``.
"""

from nerret_tools.lab.evaluation.study.results import SetStudy, Study
from nerret_tools.lab.evaluation.study.run import study
from nerret_tools.lab.evaluation.study.writing import read_study, write_study

__all__ = ["SetStudy", "Study", "read_study", "study", "write_study"]
