"""What explanations say, in English and Greek."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeAlias

from iiif_dedup.types import Relation

Language: TypeAlias = Literal["en", "el"]


class Kind(StrEnum):
    """Evidence that a curator thinks of as one thing."""

    SAME_FILE = "same_file"
    LOCAL = "local"
    """Local features, with what laying one picture over the other shows."""
    LOOK = "look"
    COLOURS = "colours"
    FINGERPRINTS = "fingerprints"
    CLONE_RULE = "clone_rule"
    CATALOGUES_AGREE = "catalogues_agree"
    CATALOGUES_CONTRADICT = "catalogues_contradict"
    OTHER = "other"


class Strength(StrEnum):
    """How much a kind moves the probability, and which way."""

    STRONGLY_FOR = "strongly_for"
    FOR = "for"
    HARDLY = "hardly"
    AGAINST = "against"
    STRONGLY_AGAINST = "strongly_against"


SENTENCES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "more": "More than 99 of 100 pairs with such evidence show one artefact.",
        "about": "About {count} of 100 pairs with such evidence show one artefact.",
        "fewer": "Fewer than 1 of 100 pairs with such evidence shows one artefact.",
        "most_for": "Most in favour: {kind}.",
        "most_against": "Most against: {kind}.",
        "same_file": "Both files are the same, byte for byte.",
        "surface": "{inliers} local features lie on one surface that both pictures show",
        "surfaces": "{inliers} local features lie on {surfaces} surfaces that both pictures show",
        "chance": "; chance alone would give that once in {power} pairs.",
        "less_than_chance": "; chance alone would give that less than once in {power} pairs.",
        "no_surface": "No surface was found that both pictures show. Views from different sides "
        "share none.",
        "mirrored": "One picture shows it as the mirror image of the other.",
        "filled": "It fills {anchor} % of this picture and {candidate} % of the proposed one.",
        "filled_together": "They fill {anchor} % of this picture and {candidate} % of the proposed "
        "one.",
        "overlay_agrees": "Laid over each other, the pictures agree (correlation {value}).",
        "overlay_partly": "Laid over each other, the pictures agree in part (correlation {value}).",
        "overlay_hardly": "Laid over each other, the pictures hardly agree (correlation {value}).",
        "nearest": "By {way} it is the nearest of all pictures",
        "ranked": "By {way} it is number {rank} of all pictures",
        "farther": "By {way} it is not among the nearest pictures",
        "compared": "By {way} it was compared with this picture",
        "share": ", at {share} % of the distance that the nearest have on average.",
        "times": ", at {times} times the distance that the nearest have on average.",
        "more_times": ", at more than {times} times the distance that the nearest have on average.",
        "unknown": "Of this nothing is known; it counts as it does on average.",
        "same_words": "Both catalogues: {about} {{0}}.",
        "agreement": "The catalogues agree in {about}: {{1}} ({{0}}) / {{3}} ({{2}}).",
        "contradiction": "The catalogues contradict each other in {about}: "
        "{{1}} ({{0}}) / {{3}} ({{2}}).",
    },
    "el": {
        "more": "Πάνω από 99 στα 100 ζεύγη με τέτοια τεκμήρια δείχνουν ένα και το αυτό τέχνεργο.",
        "about": "Περίπου {count} στα 100 ζεύγη με τέτοια τεκμήρια δείχνουν ένα και το αυτό "
        "τέχνεργο.",
        "fewer": "Λιγότερα από 1 στα 100 ζεύγη με τέτοια τεκμήρια δείχνουν ένα και το αυτό "
        "τέχνεργο.",
        "most_for": "Κυρίως υπέρ: {kind}.",
        "most_against": "Κυρίως κατά: {kind}.",
        "same_file": "Τα δύο αρχεία είναι ίδια, byte προς byte.",
        "surface": "{inliers} τοπικά χαρακτηριστικά βρίσκονται πάνω σε μία επιφάνεια που δείχνουν "
        "και οι δύο εικόνες",
        "surfaces": "{inliers} τοπικά χαρακτηριστικά βρίσκονται πάνω σε {surfaces} επιφάνειες που "
        "δείχνουν και οι δύο εικόνες",
        "chance": "· κατά τύχη αυτό θα συνέβαινε μία φορά στα {power} ζεύγη.",
        "less_than_chance": "· κατά τύχη αυτό θα συνέβαινε λιγότερο από μία φορά στα "
        "{power} ζεύγη.",
        "no_surface": "Δεν βρέθηκε επιφάνεια που να δείχνουν και οι δύο εικόνες. Λήψεις από "
        "διαφορετικές πλευρές δεν έχουν καμία κοινή.",
        "mirrored": "Η μία εικόνα τη δείχνει ως κατοπτρικό είδωλο της άλλης.",
        "filled": "Καλύπτει το {anchor} % αυτής της εικόνας και το {candidate} % της "
        "προτεινόμενης.",
        "filled_together": "Καλύπτουν το {anchor} % αυτής της εικόνας και το {candidate} % της "
        "προτεινόμενης.",
        "overlay_agrees": "Όταν η μία τεθεί πάνω στην άλλη, οι εικόνες συμφωνούν (συσχέτιση "
        "{value}).",
        "overlay_partly": "Όταν η μία τεθεί πάνω στην άλλη, οι εικόνες συμφωνούν εν μέρει "
        "(συσχέτιση {value}).",
        "overlay_hardly": "Όταν η μία τεθεί πάνω στην άλλη, οι εικόνες μόλις που συμφωνούν "
        "(συσχέτιση {value}).",
        "nearest": "Ως προς {way} είναι η πλησιέστερη από όλες τις εικόνες",
        "ranked": "Ως προς {way} είναι η υπ’ αριθμόν {rank} από όλες τις εικόνες",
        "farther": "Ως προς {way} δεν είναι μεταξύ των πλησιέστερων εικόνων",
        "compared": "Ως προς {way} συγκρίθηκε με αυτή την εικόνα",
        "share": ", στο {share} % της απόστασης που έχουν κατά μέσο όρο οι πλησιέστερες.",
        "times": ", {times} φορές πιο μακριά από ό,τι κατά μέσο όρο οι πλησιέστερες.",
        "more_times": ", πάνω από {times} φορές πιο μακριά από ό,τι κατά μέσο όρο οι πλησιέστερες.",
        "unknown": "Γι’ αυτό δεν είναι γνωστό τίποτα· μετράει όσο κατά μέσο όρο.",
        "same_words": "Και οι δύο κατάλογοι δίνουν για {about}: {{0}}.",
        "agreement": "Οι κατάλογοι συμφωνούν ως προς {about}: {{1}} ({{0}}) / {{3}} ({{2}}).",
        "contradiction": "Οι κατάλογοι αντιφάσκουν ως προς {about}: {{1}} ({{0}}) / {{3}} ({{2}}).",
    },
}
"""Templates; the words of catalogues come in last of all, where two braces stand."""

GUESSES: Mapping[Language, Mapping[Relation, str]] = {
    "en": {
        Relation.SAME_IMAGE: "A guess: one picture in two versions.",
        Relation.SAME_OBJECT: "A guess: two pictures of one artefact.",
        Relation.SIMILAR: "A guess: two artefacts that look alike.",
    },
    "el": {
        Relation.SAME_IMAGE: "Εικασία: μία εικόνα σε δύο εκδοχές.",
        Relation.SAME_OBJECT: "Εικασία: δύο εικόνες ενός τεχνέργου.",
        Relation.SIMILAR: "Εικασία: δύο τέχνεργα που μοιάζουν.",
    },
}

KINDS: Mapping[Language, Mapping[Kind, str]] = {
    "en": {
        Kind.SAME_FILE: "the same file",
        Kind.LOCAL: "local features",
        Kind.LOOK: "overall look",
        Kind.COLOURS: "colours",
        Kind.FINGERPRINTS: "fingerprints",
        Kind.CLONE_RULE: "the clone rule",
        Kind.CATALOGUES_AGREE: "what both catalogues say",
        Kind.CATALOGUES_CONTRADICT: "where the catalogues contradict each other",
        Kind.OTHER: "another comparison",
    },
    "el": {
        Kind.SAME_FILE: "το ίδιο αρχείο",
        Kind.LOCAL: "τα τοπικά χαρακτηριστικά",
        Kind.LOOK: "η συνολική όψη",
        Kind.COLOURS: "τα χρώματα",
        Kind.FINGERPRINTS: "τα αποτυπώματα",
        Kind.CLONE_RULE: "ο κανόνας κλώνων",
        Kind.CATALOGUES_AGREE: "όσα λένε και οι δύο κατάλογοι",
        Kind.CATALOGUES_CONTRADICT: "όπου αντιφάσκουν οι κατάλογοι",
        Kind.OTHER: "άλλη σύγκριση",
    },
}

STRENGTHS: Mapping[Language, Mapping[Strength, str]] = {
    "en": {
        Strength.STRONGLY_FOR: "strongly for",
        Strength.FOR: "for",
        Strength.HARDLY: "hardly matters",
        Strength.AGAINST: "against",
        Strength.STRONGLY_AGAINST: "strongly against",
    },
    "el": {
        Strength.STRONGLY_FOR: "έντονα υπέρ",
        Strength.FOR: "υπέρ",
        Strength.HARDLY: "σχεδόν αδιάφορο",
        Strength.AGAINST: "κατά",
        Strength.STRONGLY_AGAINST: "έντονα κατά",
    },
}

WAYS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "look": "overall look",
        "look_parts": "the look of a part",
        "look_by": "overall look as “{0}” sees it",
        "colour": "the colours of the middle",
        "colour_parts": "the colours of a part’s middle",
        "palette": "all its colours",
        "palette_parts": "all colours of a part",
        "phash": "the fingerprint pHash",
        "block_mean": "the fingerprint of block means",
        "clone": "the clone rule",
        "other": "“{0}”",
    },
    "el": {
        "look": "τη συνολική όψη",
        "look_parts": "την όψη ενός μέρους",
        "look_by": "τη συνολική όψη κατά το «{0}»",
        "colour": "τα χρώματα του κέντρου",
        "colour_parts": "τα χρώματα του κέντρου ενός μέρους",
        "palette": "όλα της τα χρώματα",
        "palette_parts": "όλα τα χρώματα ενός μέρους",
        "phash": "το αποτύπωμα pHash",
        "block_mean": "το αποτύπωμα μέσων όρων",
        "clone": "τον κανόνα κλώνων",
        "other": "το «{0}»",
    },
}
"""By what pictures were compared, as "nearest" takes it."""

ABOUT: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "inventory_number": "inventory number",
        "reference": "reference",
        "publication": "publication",
        "dimensions": "dimensions",
        "attribution": "attribution",
        "place": "place",
        "date": "date",
        "shape": "shape",
        "technique": "technique",
        "material": "material",
    },
    "el": {
        "inventory_number": "τον αριθμό ευρετηρίου",
        "reference": "την παραπομπή",
        "publication": "τη δημοσίευση",
        "dimensions": "τις διαστάσεις",
        "attribution": "την απόδοση",
        "place": "τον τόπο",
        "date": "τη χρονολόγηση",
        "shape": "το σχήμα",
        "technique": "την τεχνική",
        "material": "το υλικό",
    },
}
"""What statements of catalogues are about; see `iiif_dedup.evidence.metadata.Kind`."""
