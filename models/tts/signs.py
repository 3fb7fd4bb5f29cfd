"""Abbreviations, units, money and signs, and how each is said."""

from __future__ import annotations

MONTHS = "january february march april may june july august september october november december".split()
MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"  # noqa: E501
DAYS = {
    "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "thu": "thursday",
    "thur": "thursday", "thurs": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday",
}  # fmt: skip
SHORT = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "st": "saint",
    "jr": "junior",
    "sr": "senior", "vs": "versus", "etc": "et cetera", "approx": "approximately", "dept": "department",
    "est": "established", "gov": "governor", "sen": "senator", "rep": "representative",
    "gen": "general", "col": "colonel", "capt": "captain",
    "sgt": "sergeant",
    "lt": "lieutenant", "rev": "reverend", "hon": "honorable", "inc": "incorporated", "ltd": "limited",
    "corp": "corporation", "co": "company", "ave": "avenue", "blvd": "boulevard", "rd": "road", "mt": "mount",
    "ft": "fort", "tel": "telephone", "ext": "extension", "min": "minutes", "max": "maximum", "fig": "figure",
    "vol": "volume", "pp": "pages", "nos": "numbers", "apt": "apartment", "misc": "miscellaneous",
    "sq": "square",
}  # fmt: skip
BARE_SHORT = {"mr", "mrs", "ms", "dr", "prof", "vs", "etc", "jr", "sr", "blvd", "approx", "dept", "ltd"}
LATIN = {
    "e.g.": "for example",
    "i.e.": "that is",
    "a.m.": "A M",
    "p.m.": "P M",
    "a.k.a.": "A K A",
    "n.b.": "N B",
}
UNITS = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "nm": "nanometer", "mi": "mile",
    "ft": "foot", "in": "inch", "yd": "yard", "kg": "kilogram", "g": "gram", "mg": "milligram", "lb": "pound",
    "lbs": "pound", "oz": "ounce", "l": "liter", "ml": "milliliter", "gal": "gallon", "s": "second",
    "sec": "second",
    "ms": "millisecond", "min": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "kb": "kilobyte",
    "mb": "megabyte",
    "gb": "gigabyte", "tb": "terabyte", "hz": "hertz", "khz": "kilohertz", "mhz": "megahertz",
    "ghz": "gigahertz",
    "w": "watt", "kw": "kilowatt", "kwh": "kilowatt hour", "v": "volt", "mv": "millivolt", "ma": "milliamp",
    "a": "amp", "db": "decibel", "mph": "mile per hour", "kmh": "kilometer per hour",
    "km/h": "kilometer per hour",
    "m/s": "meter per second", "fps": "frame per second", "bpm": "beat per minute", "cal": "calorie",
    "kcal": "kilocalorie", "mbps": "megabit per second", "px": "pixel", "k": "thousand", "m²": "square meter",
    "m2": "square meter", "km²": "square kilometer", "km2": "square kilometer", "tbsp": "tablespoon",
    "tsp": "teaspoon", "pt": "point", "°c": "degree celsius", "°f": "degree fahrenheit", "°": "degree",
}  # fmt: skip
NO_PLURAL = {"hertz", "kilohertz", "megahertz", "gigahertz", "thousand"}
MONEY = {
    "$": ("dollar", "cent"), "£": ("pound", "pence"), "€": ("euro", "cent"), "¥": ("yen", ""),
    "₹": ("rupee", "paisa"),
}  # fmt: skip
CURRENCIES = {
    "USD": "U S dollars", "EUR": "euros", "GBP": "pounds", "CAD": "canadian dollars",
    "AUD": "australian dollars",
}  # fmt: skip
FILES = "txt|py|html?|pdf|csv|tsv|json|jpe?g|png|gif|mp[34]|wav|js|css|md|zip|exe|docx?|xlsx?|xml|yaml"
BEFORE_NUMBERS = {
    "ch": "chapter", "p": "page", "ca": "circa", "sec": "section", "eq": "equation",
    "fig": "figure", "vol": "volume", "art": "article", "nr": "number", "min": "minimum", "max": "maximum",
}  # fmt: skip
MONARCHS = r"king|queen|pope|henry|louis|charles|george|james|edward|elizabeth|richard|william|john|paul"
SCALE = {"k": "thousand", "m": "million", "b": "billion", "bn": "billion", "t": "trillion", "tn": "trillion"}
SYMBOLS = {
    "&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "#": "hash", "×": "times",
    "÷": "divided by",
    "*": "", "°": "degrees", "™": "", "®": "", "©": "copyright", "±": "plus or minus", "≈": "about",
    "≤": "at most",
    "≥": "at least", "<": "less than", ">": "greater than", "½": "one half", "¼": "one quarter",
    "¾": "three quarters",
    "→": "to", "/": "slash", "\\": "backslash", "^": "", "~": "about", "|": "", "_": "", "$": "dollars",
    "£": "pounds",
    "€": "euros", "§": "section", "µ": "micro", "²": "squared", "³": "cubed", "√": "root", "π": "pi",
}  # fmt: skip
