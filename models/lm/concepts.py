# ruff: noqa: E501
"""What single words are about, as far as danger is concerned: people, bodies, wounds, weapons, fire, poison, death.

A word that ends in * stands for all that begin with it.
"""

from __future__ import annotations

from functools import cache

_WORDS = {
    "me": "i i'm i've i'd i'll me my myself mine",
    "us": "we we're our us ourselves everyone everybody",
    "someone": "someone someone's somebody somebody's man woman stranger guy men person people bloke lady cyclist driver pedestrian motorbike stranger's",
    "he": "he he's him his himself she she's her herself they they're them their themselves",
    "family": "mum mum's mom mother mother's dad dad's father father's parents husband husband's wife wife's partner boyfriend boyfriend's girlfriend brother sister cousin uncle aunt grandma gran granny nan nana grandpa grandad granddad grandmother grandfather stepdad stepfather stepmother ex friend friend's mate flatmate roommate neighbour neighbor neighbour's colleague classmate teacher coach boss fiance nephew niece",
    "child": "baby baby's child child's kid kids toddler son son's daughter daughter's boy girl newborn infant children grandson granddaughter twins little",
    "inner": "heart chest lung* stomach belly tummy abdomen appendix liver kidney* throat airway brain",
    "head": "head face eye eyes ear mouth lips lip tongue neck skull nose cheek jaw scalp forehead",
    "limb": "arm arms leg legs hand hands finger fingers foot feet toe toes wrist wrists ankle knee hip thigh thighs shoulder back spine bone bones skin side rib ribs pelvis",
    "pain": "breastbone sweating sweaty clutch* pain* hurt hurts hurting ache* agony stabbing crushing cramp* sore burning pressure tight tightness squeezing throbbing unbearable terrible worst severe",
    "wound": "cut cuts sliced slashed gash* tore torn ripped wound* broke broken fractur* smashed crushed bitten bit bite stung burn burned burnt scald* punctured amputat* severed splashed splinter stabbed injured",
    "blood": "blood bleed* bled haemorrhage gushing pouring spurt* bloody",
    "breath": "breath breathe breathing breathes air choking choke chokes suffocat* inhaler asthma gasping wheez* windpipe oxygen",
    "unconscious": "unconscious faint fainted fainting collapsed collapse collapses passed unresponsive wake waking respond* limp floppy lifeless seizure fit convuls* twitching shaking dozing drowsy rolled foam* blacked motionless still answering answer moving pulse blue grey",
    "senses": "pupil pupils thick heavy purple violet droopy muddled gibberish limp dead numb numbness slur* droop* crooked confused dizzy blurred sight vision blind speech balance paraly* weak tingling words",
    "sick": "vomit* throwing threw fever rash swell* swollen swelling allerg* insulin diabetic sugar infection sepsis meningitis stroke attack heatstroke hypotherm* freezing feverish temperature delirious",
    "birth": "pregnant labour labor contractions waters birth weeks",
    "swallow": "swallow* drank drink drunk drinks ate eaten eat eats took taken take takes taking chewed sipped licked",
    "poison": "perfume shampoo chlorine vinegar adder scorpion adders oil dishwasher tab bleach cleaner detergent drain poison* acid chemical* battery batteries mushroom* berries antifreeze petrol paint pesticide fluid lye marble coin magnet venom* viper snake spider",
    "medicine": "pill pills tablet tablets medicine medication painkiller* paracetamol aspirin overdose dose capsules drugs drugged sleeping bottle",
    "weapon": "knife knives gun guns pistol rifle axe machete blade razor razors weapon* bomb hammer bat scissors shotgun hatchet rope noose",
    "attack": "drag* pulls pulled bang* throw* spit* squeez* hit hits hitting beat beats beaten beating punch* kick* slap* slam* strangl* choked attack* assault* rape* raped forced mugged robbed stab* shoot shooting shot shots threaten* threw shoved grabbed throttl* whipped hurts abuse* abusing molest* touches touched groped follow* stalk* smashing fight fighting",
    "intrude": "break breaking broke climbing forcing intruder burglar* burglary prowler window door outside inside downstairs upstairs hiding hide footsteps steps lock locked lock cellar closet wardrobe",
    "fire": "scorch* glowing reeks stinks hiss hisses hissing smoulder* alight blew burst fire fires flame flames burning burns burnt ablaze alight blaze blazing caught smoke smoking smoky smell smells fumes explosion exploded explode sparks sparking spark melting hissing",
    "thing_burning": "cord lead heater dryer plug boiler loft hedge scooter caravan towel hob house kitchen pan oven toaster stove cooker curtain curtains sofa couch shed garage barn attic roof building flat apartment car bin hob wires plug socket charger laptop mattress bed carpet candle candles scarf sleeve hair clothes woods forest field table cellar boiler",
    "gas": "gas carbon monoxide leak leaking propane",
    "accident": "crash crashed crashing accident fell fallen falls fall knocked run ran hit electrocuted shock trapped stuck pinned buried collapsed overturned drown* drowning underwater sank floating slipped saw machine electric wire",
    "water": "river lake sea pool pond canal water ice bath bathtub",
    "height": "roof ladder stairs balcony bridge ledge cliff window railing tower building platform tracks train lorry",
    "death": "die dies dying dead death died kill kills killed killing suicid* murder* end ending ended perish alive live living life lives exist existing existence world grave funeral",
    "wish": "want wants wanted wanna wish hope rather ready going gonna plan planning planned think thinking thoughts thought decided might could should try tried tempted urge need asked",
    "self": "myself himself herself themselves yourself self",
    "gone": "sunrise morning tonight birthday note will garage engine exhaust gone disappear* vanish* leave leaving away goodbye farewell over forever tomorrow christmas anymore longer around letter letters note",
    "hopeless": "reason sense hopeless pointless point reason worthless useless burden nothing nobody alone empty tired unbearable hate hurts enough meaning purpose hope unloved give gave giving cope strength low",
    "not": "not no never can't cannot can won't don't doesn't isn't aren't without hardly barely unable couldn't didn't nobody",
    "help": "help ambulance emergency doctor police quick quickly please urgent hurry now hospital",
    "suddenly": "suddenly sudden just all once out",
    "harm_self": "cut cutting harm* hurt hurting starv* burn burning bleed scratch* jump jumping hang hanging overdose step drown",
    "sexual": "sex naked undress* shirt trousers underwear pictures touch* bed bedroom",
    "child_harm": "shook shake shaking hit punch smash slap",
    "calm": "story film movie game book joke song show series news history novel dream play player match team read watched watching reading yesterday",
}  # fmt: skip
_EXACT: dict[str, tuple[str, ...]] = {}
_BEGIN: list[tuple[str, str]] = []
for _name, _list in _WORDS.items():
    for _word in _list.split():
        if _word.endswith("*"):
            _BEGIN.append((_word[:-1], _name))
        else:
            _EXACT[_word] = tuple(dict.fromkeys((*_EXACT.get(_word, ()), _name)))


@cache
def concepts(word: str) -> tuple[str, ...]:
    """What a word is about.

    >>> concepts("nephew"), concepts("bleeding"), concepts("teapot")
    (('family',), ('blood',), ())
    """
    found = [name for begin, name in _BEGIN if word.startswith(begin)]
    return tuple(dict.fromkeys((*_EXACT.get(word, ()), *found)))
