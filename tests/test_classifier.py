"""The scikit-learn estimator, and the tagger among the tools of others."""

import pickle
from functools import partial

import numpy as np
import pytest
from conftest import LATE, PLAIN, THINGS
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks as checks
from sklearn.utils import get_tags

import partnersignal as ps
from partnersignal.errors import InputError
from partnersignal.training.classifier import SignalClassifier

TEXTS = [frame.format(thing) for thing in THINGS for frame in (*LATE, *PLAIN)]
LABELS = [["late"] if frame in LATE else (["money"] if "euros" in frame else []) for _ in THINGS for frame in (*LATE, *PLAIN)]

# check_estimator runs nothing where input is not a matrix of numbers, so the checks that need none are called here.
# Not applicable, because they call fit with numbers, and a text is what this one reads: check_fit_score_takes_y,
# check_estimators_overwrite_params, check_dont_overwrite_parameters, check_estimators_fit_returns_self,
# check_readonly_memmap_input, check_estimators_unfitted, check_n_features_in_after_fitting, check_dict_unchanged,
# check_fit_idempotent, check_methods_*_invariance, check_fit1d, check_fit2d_*, check_classifiers_*, check_supervised_y_*.
# check_positive_only_tag_during_fit. What they ask for is tested below on texts.
CHECKS = [
    "check_estimator_cloneable", "check_estimator_tags_renamed", "check_valid_tag_types", "check_estimator_repr",
    "check_no_attributes_set_in_init", "check_do_not_raise_errors_in_init_or_set_params", "check_mixin_order",
    "check_parameters_default_constructible", "check_get_params_invariance", "check_set_params",
]  # fmt: skip


@pytest.fixture(scope="module")
def fitted() -> SignalClassifier:
    return SignalClassifier(voice="customer").fit(TEXTS, LABELS)


@pytest.mark.parametrize("name", CHECKS)
def test_the_checks_of_scikit_learn_that_need_no_numbers(name: str) -> None:
    getattr(checks, name)("SignalClassifier", SignalClassifier())


def test_it_says_that_it_reads_texts_and_gives_several_labels() -> None:
    tags = get_tags(SignalClassifier())
    assert tags.input_tags.string and not tags.input_tags.two_d_array and tags.classifier_tags.multi_label


def test_fit_returns_itself_changes_no_parameter_and_gives_the_same_again(fitted: SignalClassifier) -> None:
    texts, labels = list(TEXTS), [list(each) for each in LABELS]
    fresh = SignalClassifier(voice="customer")
    before = fresh.get_params()
    assert fresh.fit(texts, labels) is fresh
    assert fresh.get_params() == before and (texts, labels) == (TEXTS, LABELS)
    np.testing.assert_array_equal(fresh.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    np.testing.assert_array_equal(fresh.fit(texts, labels).predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_predictions_have_a_column_a_class_whatever_the_order(fitted: SignalClassifier) -> None:
    assert fitted.classes_.tolist() == ["late", "money"]
    p = fitted.predict_proba(TEXTS)
    assert p.shape == (len(TEXTS), 2) and ((p >= 0) & (p <= 1)).all()
    np.testing.assert_array_equal(fitted.predict_proba(TEXTS[::-1])[::-1], p)
    np.testing.assert_allclose(np.vstack([fitted.predict_proba([text]) for text in TEXTS[:5]]), p[:5])
    np.testing.assert_array_equal(fitted.predict(TEXTS), p >= fitted.calibration_.threshold)
    assert fitted.score(TEXTS, LABELS) > 0.9


def test_matrices_series_and_single_labels(fitted: SignalClassifier) -> None:
    import pandas as pd

    matrix = np.array([["late" in each, "money" in each] for each in LABELS], dtype=int)
    by_matrix = SignalClassifier(voice="customer").fit(pd.Series(TEXTS), pd.DataFrame(matrix))
    assert by_matrix.classes_.tolist() == [0, 1]
    np.testing.assert_array_equal(by_matrix.predict(np.array(TEXTS)), fitted.predict(TEXTS))
    single = SignalClassifier().fit(TEXTS, ["late" if each == ["late"] else "other" for each in LABELS])
    assert single.predict(["The router is late again."]).tolist() == [[1, 0]]


def test_it_goes_through_pipelines_grids_copies_and_pickles(fitted: SignalClassifier) -> None:
    pipeline = make_pipeline(FunctionTransformer(partial(list)), clone(fitted)).fit(TEXTS, LABELS)
    np.testing.assert_array_equal(pipeline.predict(TEXTS), fitted.predict(TEXTS))
    matrix = np.array([["late" in each] for each in LABELS])
    assert cross_val_score(SignalClassifier(folds=2), TEXTS, matrix, cv=2).min() > 0.9
    grid = GridSearchCV(SignalClassifier(folds=2), {"strength": [0.1, 10.0]}, cv=2).fit(TEXTS, matrix)
    assert grid.best_params_["strength"] in (0.1, 10.0)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(TEXTS), fitted.predict(TEXTS))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.fit("x", [["a"]]), "got one text, expected a list of texts"),
        (lambda c: c.fit([1.0, 2.0], [["a"], []]), "got a text of type float, expected str"),
        (lambda c: c.fit(["x", "y"], [["a"]]), "got 2 texts and 1 rows of labels, expected as many of each"),
        (lambda c: c.fit(["x", "y"], None), "got no y"),
        (lambda c: c.fit(["x"], [["a"]]), "got 1 texts, expected at least 2"),
        (lambda c: c.set_params(voice="vendor").fit(["x", "y"], [["a"], []]), "got the voice 'vendor'"),
    ],
)
def test_wrong_calls_say_what_is_wrong(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(SignalClassifier())


def test_not_fitted_is_scikit_learns_error() -> None:
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        SignalClassifier().predict(["x"])


def test_a_dataset_is_mapped_with_the_tagger(tiny_model) -> None:
    datasets = pytest.importorskip("datasets")
    tagger = ps.load(tiny_model)
    data = datasets.Dataset.from_dict({"text": TEXTS[:8]})

    def tag(batch: dict) -> dict:
        return {"signals": [[tag.signal for tag in doc.tags] for doc in tagger.tag_many(batch["text"], "customer")]}

    found = data.map(tag, batched=True, batch_size=4)["signals"]
    assert list(found) == [["broken_promise"]] * 4 + [[]] * 4
