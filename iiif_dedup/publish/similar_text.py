"""What the page of similar pictures says, in English and Greek."""

from __future__ import annotations

from collections.abc import Mapping

from iiif_dedup.publish.text import Language

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "heading": "Similar to",
        "note": "These pictures look similar. That is no claim that they show the same artefact.",
        "picture": "Picture",
        "asked": "This picture",
        "similar": "Similar",
        "least_similar": "Least similar",
        "similarity": "Similarity",
        "scale": "Similarity is the cosine of two descriptions, from −1 to 1; 1 is the same "
        "picture. It is no probability.",
        "common": "Both records:",
        "compared_by": "Compared by",
        "efficientnet_lite0": "appearance",
        "colour": "colours of the middle",
        "palette": "all colours",
        "scope": "Records of",
        "all": "all collections",
        "other_sources": "other collections only",
        "pictures": "Picture of this record",
        "counted": "Compared with {compared} pictures of other records.",
        "undescribed": "{undescribed} more are still to be described.",
        "nothing": "There is no picture to compare with.",
        "no_picture": "no picture to show",
        "viewer": "Viewer",
        "institution": "At the institution",
    },
    "el": {
        "heading": "Παρόμοια με",
        "note": "Οι εικόνες αυτές μοιάζουν. Αυτό δεν σημαίνει ότι δείχνουν το ίδιο τέχνεργο.",
        "picture": "Εικόνα",
        "asked": "Αυτή η εικόνα",
        "similar": "Παρόμοια",
        "least_similar": "Λιγότερο παρόμοια",
        "similarity": "Ομοιότητα",
        "scale": "Η ομοιότητα είναι το συνημίτονο δύο περιγραφών, από −1 έως 1· το 1 είναι η ίδια "
        "εικόνα. Δεν είναι πιθανότητα.",
        "common": "Και στις δύο εγγραφές:",
        "compared_by": "Σύγκριση κατά",
        "efficientnet_lite0": "όψη",
        "colour": "χρώματα του κέντρου",
        "palette": "όλα τα χρώματα",
        "scope": "Εγγραφές από",
        "all": "όλες τις συλλογές",
        "other_sources": "άλλες συλλογές μόνο",
        "pictures": "Εικόνα της εγγραφής",
        "counted": "Συγκρίθηκε με {compared} εικόνες άλλων εγγραφών.",
        "undescribed": "Άλλες {undescribed} δεν έχουν περιγραφεί ακόμη.",
        "nothing": "Δεν υπάρχει εικόνα για σύγκριση.",
        "no_picture": "χωρίς εικόνα",
        "viewer": "Προβολέας",
        "institution": "Στο ίδρυμα",
    },
}
