# ruff: noqa: E501
"""Danger and despair, recognised before anything else, with the serious answers written for them.

A line is dangerous when one of a kind's patterns is found in it, or when the trained sense (`alarm`) takes it for
danger, and no figure of speech explains it away. Both are made to miss nothing: what is said about oneself, someone
near, or the place one is in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.lm.alarm import KINDS, shipped
from models.lm.spoken import pip_form, user_form
from models.lm.tokens import Talk

LONGEST = 60  # words of a line that the trained sense looks at, its last ones

_I = r"(?:i|i'm|i am|i've|i have|i'd|i'll)"
_WHO = (
    r"(?:my (?:\w+ )?(?:husband|wife|partner|boyfriend|girlfriend|dad|father|mum|mom|mother|brother|sister|son|daughter|"
    r"baby|child|kid|friend|uncle|aunt|grandpa|grandma|grandfather|grandmother|granny|nan|boss|neighbou?r|flatmate|"
    r"roommate|ex|teacher|stepdad|toddler|boy|girl|little one|colleague|man|gran|dog)|he|she|they|someone|somebody|"
    r"a (?:man|woman|guy|stranger|boy|girl|kid|child|person|lady|bloke))"
)
_DIE = r"(?:(?:fall asleep|go to sleep|close my eyes|sleep) and (?:never|not) wake(?: up)?|die|be dead|not be alive|not exist|stop existing|be gone forever|disappear (?:for ever|forever|for good)|never wake up|not wake up)"

# Figures of speech and play; they are taken out of the line before the patterns are tried.
_HARMLESS = re.compile(
    r"\b(?:"
    r"(?:is|are|was|were|you're|it's|he's|she's|that's|just|heat|feet|back|shoes|suspense|laughing) (?:absolutely |just )?(?:killing|slaying) (?:me|it|us)"
    r"|dying (?:to|for|of (?:boredom|laughter|curiosity|embarrassment|thirst|hunger)|laughing)|died (?:laughing|of (?:boredom|laughter|embarrassment))"
    r"|(?:could|would|i'd) (?:kill|murder|die) (?:for )?a\b|kill(?:ing)? (?:some |the )?time|to die for|dressed to kill|kill(?:s|ed)? two birds"
    r"|(?:phone|battery|laptop|car|plant|plants|fish|tablet|computer|engine|tv|clock|watch) (?:just |has |is )?(?:died|dead|dying|on its last legs)"
    r"|(?:nearly|almost|about|practically|basically|gave me|give me|giving me|gives me|near) (?:had |have |having )?(?:a )?(?:heart attack|died)"
    r"|(?:team|crowd|you're|he's|she's|we're|they're|i'm|i was|was|mouth|tongue|cheeks|throat) on fire(?! help)(?= (?:today|tonight|lately|from|after|with|last|this)|$)"
    r"|(?:camp|bon|wild|cease)fires?|fire (?:drill|place|fly|flies|works?|fighters?|engines?|trucks?|station|brigade|man|men|pit|wood|dragon)"
    r"|(?:by|round|around|beside|near|in front of|light|lit|make|made|build|built|lighting|building|making) (?:the|a) (?:(?:nice|big|small|cosy|good|log|warm) )?(?:fire|campfire)"
    r"|(?:in|on|for) (?:the|my|a|this|that) (?:game|book|film|movie|story|dream|play|song|show|series|novel)"
    r"|shoot (?:a |the )?(?:hoops|film|photos?|pictures?|breeze|goal)|knife and fork|cut(?:ting)? (?:my|the) (?:hair|nails|grass|lawn|fringe|cake|bread)"
    r"|beat (?:me|us) (?:at (?!home|night|school|work)|to (?:it|the)|in (?:chess|a race|a game|the race|the game|the quiz)|by (?:a|one|two|three|ten))|(?:hit|kick) me with (?:a |your |the )?(?:best )?(?:joke|riddle|dad joke|fact|story|pun)s?"
    r"|(?:washing machine|tap|roof|sink|toilet|radiator|dishwasher|fridge|boat|tent|bottle|pen|hose|bucket|shower) (?:is |are |keeps |has been )?(?:leak|dripp)\w*"
    r"|(?:passed|pass|handed) out (?:leaflets|flyers|sweets|presents|cards)|(?:cake|tent|shelf|tower|chair|table|tree|wall|wardrobe|snowman|castle|umbrella) (?:has |just )?collapsed"
    r"|follow(?:s|ed|ing)? me (?:on (?:instagram|facebook|twitter|social media)|everywhere and purrs)|(?:cat|dog|puppy|kitten|duck|shadow|goose|sheep) (?:always |just )?follow(?:s|ed)? me|can't go on (?:the|a|my|this|holiday|vacation)"
    r"|(?:film|movie|game|book|show|series) (?:had|has|with|was|is) (?:a lot of |so much |too much |full of )?blood\w*"
    r"|chest of drawers|treasure chest|bread knife|drown(?:ing|ed)? in (?:work|paperwork|emails|homework|laundry|chores|reports|meetings|essays)"
    r"|stroke (?:of|the|my|a|her|his)|breast ?stroke|back ?stroke|butterfly stroke|shot (?:of|at)|gun (?:shy|metal)|water (?:gun|pistol)|nail gun|glue gun"
    r"|what (?:should|do|would) (?:i|you|we) do (?:if|when)|how do (?:fire|snake|fires)\w*"
    r")\b"
)

_DESPAIR: tuple[str, ...] = (
    r"\bkill(?:ing)? (?:my ?self|me self)\b", r"\b(?:my )?suicid\w+\b", rf"\b(?:want|wanna|wanted|wish|going|ready|like|love|rather|try|tried|trying) (?:to |i could |i would |i'd )?(?:just )?{_DIE}\b",
    r"\bi(?:'m| am)? (?:just )?(?:want|wanna|wanting) (?:to |it to |it all to )?(?:all )?(?:die|end|be dead|stop existing)\b(?! (?:the (?:talk|call|chat|game)|here|this (?:talk|call|chat)|with))", r"\bwish (?:that )?i (?:was|were|had been|could be) (?:dead|never born|gone|not here|not alive)\b",
    r"\bwish i(?:'d| had)? never (?:been )?born\b", r"\bwish i (?:wouldn't|didn't|don't|would not|could just not) (?:have to )?(?:wake|exist|live|be here)\b", r"\bend(?:ing)? (?:it all|my life|everything|my own life|my misery|my pain)\b", r"\bend it (?:tonight|now|today|already|for good)\b",
    r"\btak(?:e|ing) my (?:own )?life\b", r"\b(?:hurt|harm|cut|injur|burn|stab|hang|shoot|drown|starv|poison)(?:e|t?ing|ming|ting|ning)? my ?self (?:on purpose|again|tonight|badly|so|to|because|when|and|with|in my)\b", r"\b(?:want|wanna|need|going|think\w*|urge|thought\w*|feel\w*|keep|started|been|started|tempted|plan\w*|about) (?:to |about |of |like |on )?(?:hurt|harm|cut|hang|shoot|drown|burn|stab|starv|poison)(?:e|ing|t?ting|ming|ning)? my ?self\b",
    r"\bself harm\w*\b", r"\bkill(?:ing)? (?:him|her|them)sel(?:f|ves)\b", r"\b(?:cut|hurt|harm|starv|burn)(?:t?ing|s|es|ing)? (?:him|her|them)sel(?:f|ves)\b(?! (?:a|on|shaving|while|cooking|with))", r"\bslit(?:ting)? (?:my|his|her|their) (?:wrists?|throat)\b", r"\bi(?:'m| am) (?:standing |sitting |up )?on (?:a|the) (?:bridge|roof|ledge|edge)$", r"\bi(?:'m| am) (?:going to|about to|gonna) jump\b(?! (?:in|into|on|up|over|rope|for|with|out of (?:a|the) plane))", r"\b(?:i won't|i'll not|won't) be (?:here|around|alive) (?:tomorrow|any ?more|much longer|next week)\b", r"\b(?:don't|do not|not) (?:think (?:that )?i )?(?:want|wanna) to wake up(?: tomorrow| again| any ?more)?$", r"\blocked (?:him|her|them)sel(?:f|ves) in\b.*\b(?:pills|knife|gun|rope|crying|bathroom)\b", r"\b(?:too much|too many|all|mixed|bunch|handful|drink|alcohol) (?:of |with )?(?:my |her |his |the |mum's |mom's |dad's )*(?:tablets|pills|medication|medicine|painkillers|sleeping)\b", r"\bi(?:'ve| have)?(?: just)? (?:hurt|harm|harmed|cut) my ?self on purpose\b", r"\bcutting my ?self\b", r"\bi(?:'ve)? (?:cut|burned|burnt|starved) my ?self\b(?! (?:on|with|off|shaving|while|when|chopping|cooking|opening|a (?:bit|slice|piece)|peeling|a))", r"\bi (?:just )?(?:want|wanna|am going|'m going|'m about|'m ready|need) to jump$", r"\bthink(?:ing)? about (?:death|dying|being dead|killing|suicide)\b", r"\b(?:don't|do not|didn't|dont|no longer|not) (?:really |even |think (?:that )?i )?(?:want|wanna|wish) to (?:live|be alive|wake up|exist|be here|be around|go on|carry on|keep going|be in this world)(?! (?:with|in|at|near|here in|there|by|alone|together|tomorrow|so early|early))\b",
    r"\b(?:no|any|lost my|lost the|lost all|have no|got no) (?:reason|will|point|purpose)(?: left)? (?:to|in|of|for) (?:live|living|go on|going on|carry on|carrying on|life|be here|being here|wake up|staying|stay)\b", r"\b(?:life|it|living|my life) (?:is not|isn't|is no longer|just isn't|'s not|ain't) worth (?:living|it any ?more|it)\b", r"\bnothing (?:left )?to live for\b", r"\b(?:tired|sick|done|finished|fed up|had enough) (?:of|with) (?:living|life|being alive|this life|existing|my life|everything and everyone)\b",
    r"\b(?:better|happier|easier|be fine|relieved) (?:off )?(?:without me|if i (?:was|were|wasn't|weren't|died|disappeared|didn't))\b", r"\b(?:nobody|no one|noone|who|none of them|not a soul) would (?:even )?(?:care|miss me|notice)(?: me)? if i (?:died|was|were|disappeared|wasn't|vanished|did)\b", r"\b(?:nobody|no one) would (?:even )?miss me\b",
    r"\b(?:can't|cannot|can not|can no longer|couldn't) (?:go on|carry on|do this any ?more|take it any ?more|take this any ?more|live like this|bear it any ?more|keep going|live any ?more|cope any ?more|stand it any ?more)\b", r"\bjump(?:ing)? (?:off|from|in front of) (?:a |the |my |this )?(?:bridge|roof|building|balcony|window|cliff|train|bus|car|lorry|traffic|tower)\b", r"\b(?:on|at) the (?:edge of (?:a|the) )?(?:roof|bridge|ledge|cliff) (?:and|thinking|about|ready|of)\b",
    r"\b(?:goodbye|farewell|last|final) (?:letter|note|message)s?\b.*\b(?:wrote|written|writing|left|leave)\b|\b(?:wrote|written|writing|left) (?:a |my |the )?(?:goodbye|farewell|last|final) (?:letter|note|message)\b", r"\b(?:over ?dos\w+|over dose)\b", r"\b(?:took|taken|swallowed|take|had|taking|swallow)(?: \w+)? (?:too many|all (?:of )?(?:my|the|her|his)|a (?:lot|bunch|load|handful|whole (?:bottle|packet|box)) of|a bottle of|so many|twenty|thirty|forty|fifty)(?: \w+)?(?: \w+)? (?:pills|tablets|painkillers|sleeping pills|medicine|medication|aspirin|paracetamol|capsules)\b",
    r"\b(?:pills|rope|razor|blade|gun|knife) (?:in my hand|in front of me|ready|next to me)\b", r"\bthere(?:'s| is) no (?:way out|hope(?: left)?(?: for me)?|point any ?more|point in anything|point in me)\b", r"\bi(?:'m| am) (?:such )?a burden\b", r"\bi don't (?:see|have|feel) (?:a|any|the|my) (?:future|hope|point|way out)\b", r"\bi(?:'m| am|) (?:completely |so |totally |feel |feeling |feel so )?hopeless\b(?! (?:at|with|in|cook|dancer|singer|when))", r"\bi(?:'ve| have)? (?:given|give|giving|gave) up on (?:life|everything|living|myself)\b", r"\bi hate (?:my ?self|being alive|my life)\b", r"\b(?:everyone|everybody|the world|they)(?:'d| would) be better\b", r"\bi (?:should|want to|could) (?:just )?(?:be dead|vanish for ever|vanish forever|not be here)\b", r"\bi (?:don't|do not) deserve to live\b", r"\b(?:dark|bad) thoughts about (?:dying|death|my life|ending)\b", r"\b(?:thinking|thoughts|think) (?:about|of) (?:dying|death a lot|ending|doing something to my ?self|killing)\b", r"\bwant(?:s|ed)? to (?:kill|hurt|harm) (?:him|her|them)self\b", rf"\b{_WHO} (?:says|said|wants|wanted|tried|is going|threatened|threatens|is threatening|keeps saying)(?:'s|'re)?(?: [\w']+){{0,3}} (?:to )?(?:kill (?:him|her|them)selves|kill (?:him|her|them)self|die|end (?:his|her|their) life)\b",
    r"\bwhat(?:'s| is) the (?:easiest|best|quickest|painless|least painful) way to die\b", r"\bhow (?:many|much) (?:\w+ ){1,3}(?:would|does it take to|to|will) (?:kill me|die|be fatal)\b", r"\bhow (?:can|do|could|should) i (?:die|kill|disappear forever|end it)\b", r"\bhurt(?:ing)? my ?self$", r"\bharm(?:ing)? my ?self$",
)  # fmt: skip
_DESPAIR += (
    r"\bi(?:'d|'ll| would| will)? (?:\w+ )?(?:should|could|might|want|wanna|wish|feel like|ought|rather)(?: [\w']+){0,4} (?:die|dying|dead)\b(?! (?:of|my hair|laughing|for))", r"\bbetter off dead\b", r"\bpoint (?:of|in) (?:being alive|living|life|going on|carrying on|staying alive)\b",
    r"\b(?:cut|cutting|slash\w*|scratch\w*) my (?:arms?|legs?|wrists?|skin|thighs?|body)\b", r"\bburn\w* my ?self\b.*\bon purpose\b", r"\b(?:should|could|might|want to|wanna|going to|gonna|ready to|i'll|pills to|rather|just) (?:just )?end it\b(?! with)", r"\b(?:this|tonight|today|it|that)(?:'s| is) my (?:very )?last (?:night|day|goodbye|message|words?|evening)\b(?! (?:at|of|in|on|here|with|before))", r"\blife is over\b|\bi want out of (?:this )?life\b", r"\bnever (?:going to |gonna )?wake up again\b",
    r"\b(?:shoot|hang|stab|drown|poison|harm|hurt|kill|starve)(?:s|ing|ed)? (?:him|her|them)sel(?:f|ves)\b", r"\b(?:on|in front of|onto) the (?:train|railway|rail|metro|tube) tracks?\b|\bi(?:'m| am) (?:\w+ )?on the tracks\b", r"\bdriv(?:e|ing) (?:my car |the car |it )?(?:into|off) (?:a|the)\b", r"\b(?:took|swallowed|taken|bought|saved up|hiding)(?: [\w']+){0,3} (?:sleeping pills|pills|tablets|painkillers)\b(?! (?:for (?:my|the|a)|from the doctor|to help|so i))", r"\bstarv(?:e|ing) my ?self\b", r"\bvoices? (?:is |are |that )?tell(?:s|ing)? me to\b",
)  # fmt: skip
_VIOLENCE: tuple[str, ...] = (
    rf"\b{_WHO}(?:'s| is| was| has| has been|'s been| keeps?| just| always| often| sometimes| might| will|'ll|'s going to| is going to| wants? to| tried to| threatened to| threatens to| says (?:he|she) will| said (?:he|she)(?:'d| would|'ll| will))* (?:gonna )?(?:hit|hits|hitting|beat|beats|beating|punch\w*|kick\w*|slap\w*|hurt|hurts|hurting|strangl\w+|chok(?:e|ed|es|ing)|attack\w*|abus\w+|rap(?:e|ed|ing)|assault\w*|kill|killing|stab\w*|shoot|shot|threaten\w*|molest\w*|grop\w+|grabbed|throttl\w+|push\w* me down|shov\w+|burn\w*|bit) (?:me|us|my (?:mum|mom|mother|sister|brother|kids|children|son|daughter|baby|dad|wife|face|arm)|the (?:kids|children|baby))\b",
    r"\b(?:i(?:'m| am| was|'ve been| have been| got| just got| am being)|i'm being|we're being|we are being) (?:being )?(?:attacked|raped|assaulted|abused|stalked|followed (?!by a (?:cat|dog|duck))|robbed|mugged|beaten|stabbed|shot|threatened|held|locked in|kidnapped|molested|groped|strangled|hit by my)\b", r"\bfollow(?:ing|s|ed) me (?:home|down|in|through|from|since|everywhere|and|on|for|again|at)\b", r"\bbeing followed\b", r"\b(?:break|broke|breaking|trying to get|trying to break|kicking|climbing|tried to break|forcing (?:his|their) way) (?:in|into)(?: to)? (?:my|the|our|through)? ?(?:house|home|flat|apartment|room|door|window|place|bedroom|front door|back door|now|right now)\b", r"\b(?:someone|somebody|a (?:man|stranger|burglar|guy)|burglars?|intruders?|an intruder)(?:'s| is| are)?(?:'s|'re)?(?: [\w']+){0,2} (?:breaking in|in (?:my|the|our) (?:house|home|flat|apartment|bedroom|room|kitchen|garden)|outside my (?:window|door)|at my (?:window|door) with|in the house|downstairs)\b", r"\bintruders?\b", r"\bburglars? (?:in|is|are|downstairs)\b",
    r"\b(?:has|have|had|got|with|pulled|holding|carrying|brought|waving|pointing|pointed|there's) (?:a |an |his |her |the )?(?:gun|knife|weapon|pistol|rifle|machete|bomb|axe)\b(?=.*\b(?:me|us|here|school|outside|downstairs|door|house|him|street|he|she|at)\b|$)", r"\bi(?:'m| am)? (?:want|going|wanna|gonna|will|could|might|feel like|feel like i could|'ll|am about|about)(?: to)? (?:really )?(?:kill|stab|shoot|strangle|murder|poison) (?:him|her|them|someone|somebody|people|everyone|my \w+|that \w+|you all)\b", r"\bi(?:'ll| will|'m going to| am going to|'m gonna) (?:hurt|beat|attack) (?:him|her|them|someone|somebody|my \w+)\b", r"\bi (?:want|wanna) to? ?(?:hurt|harm|beat up) (?:him|her|them|someone|somebody|people|my \w+|other people|others)\b", r"\b(?:afraid|scared|frightened|terrified) (?:of|to go home to|to be alone with|to go back to|to live with) my (?:husband|wife|partner|boyfriend|girlfriend|dad|father|mum|mom|mother|brother|stepdad|step dad|stepfather|uncle|ex|teacher|coach)\b", r"\b(?:afraid|scared|frightened|terrified|don't want|not safe|unsafe|isn't safe) (?:to (?:go|be|stay) (?:at )?home|at home|in my own home|in my house)\b", r"\bi(?:'m| am) (?:not safe|in danger|unsafe|in trouble and need help|being held)\b", r"\bi don't feel safe\b", r"\btouch(?:es|ed|ing) me\b.*\b(?:like|want|where|don't|shouldn't|night|wrong|places|secret|inappropriate\w*)\b|\b(?:he|she|uncle|teacher|coach|stepdad|man|someone|grandpa|dad|brother) (?:keeps? |always |sometimes )?touch(?:es|ed|ing) me\b", r"\b(?:he|she|they)(?:'s| is|'re| are)? (?:hurting|hitting|beating|attacking|strangling|going to hurt|gonna hurt|trying to hurt) (?:her|him|them|me|us|each other|people)\b", r"\b(?:someone|somebody|a (?:man|woman|boy|girl|kid)) (?:is being|is getting|was just|just got|got|has been|was) (?:attacked|beaten|stabbed|shot|robbed|hit by)\b", r"\bdomestic (?:violence|abuse)\b", r"\b(?:rape|raped|sexually)\b", r"\bkidnap\w*\b", r"\bheld? (?:me |us )?hostage\b", r"\b(?:gun ?shots?|gun ?fire|active shooter|bomb threat|terrorist)\b", r"\bcall the police (?:for me|now|please|quick|he|she|some|help)\b|\bi need (?:the )?police\b|\bsend (?:the )?(?:police|help)\b", r"\bhe won't let me (?:leave|go out|out|go home|call)\b", r"\blocked me in\b", r"\bpush(?:es|ed)? (?:me|us|her) (?:around|down)\b", r"\bthreat(?:en|ens|ened|ening) (?:to )?(?:me|kill|hurt|us)\b", r"\b(?:he|she|they|dad|mum|mom|husband|wife|partner|boyfriend|girlfriend|and) hits? (?:me|us|the kids|my kids|the children|her|him)\b(?! (?:with a (?:joke|riddle|pun)|up|right in the heart))", r"\bhit me again\b",
)  # fmt: skip
_VIOLENCE += (
    r"\btry(?:ing)? to break (?:down|in|into|through)\b", r"\b(?:man|woman|guy|someone|somebody|stranger|gang|people|he|they|boys|ex|dog)(?:'s| is| are| keeps?|'re)? chas(?:ing|es|ed) (?:me|us|after me)\b(?! (?:round|around) the (?:garden|house|park))", r"\b(?:beat|beats|beating|hits|hitting|hurts|hurting|strangles|strangling|punches|kicks|threatens|threatening) (?:his|her|their|my|the) (?:wife|husband|girlfriend|boyfriend|kids?|children|child|son|daughter|baby|mother|mum|mom|sister|brother|dad)\b", r"\bshooter\b.*\b(?:school|mall|here|church|office|building|street)\b|\bshoot up\b", r"\b(?:put|slipped|dropped|poured) something in (?:my|her|his) drink\b|\b(?:been|was|got|were) (?:drugged|spiked|roofied)\b|\bspiked my drink\b", r"\bblackmail\w*\b", r"\bstalk(?:ing|s|ed|er)\b(?=.*\b(?:me|my|i)\b)|\bkeeps? stalking\b", r"\bi\b.*\b(?:could|might|will|want to|wanna|going to|gonna|about to)(?: really| just)? (?:hurt|hit|shake|kill|smash|strangle) (?:my|the|this|that|him|her|them|someone|you)\b(?! (?:record|score|best|button|head on|piñata|road|gym|lights|bid))", r"\b(?:shook|shaken|hit|dropped|slapped) (?:my|the) baby\b", r"\b(?:threw|thrown|throws|throwing) (?:a |his |her )?(?:\w+ )?at (?:me|us)\b(?! (?:for|in) (?:fun|the snow))",
)  # fmt: skip
_FIRE: tuple[str, ...] = (
    r"\b(?:house|home|kitchen|flat|apartment|room|bedroom|building|stove|oven|pan|car|curtains?|sofa|bin|roof|garage|shed|toaster|cooker|hair|sleeve|shirt|clothes|mattress|carpet|wall|basement|cellar|attic|phone|bed|neighbou?r's|office|school|it|everything|something|barbecue|microwave|christmas tree|tree|hotel|plug|charger|floor|barn|next door)(?:'s| is| are| was| has| have|'ve)?(?: just| all| really| now)? (?:on fire|caught fire|burning down|in flames|up in flames|catching fire|ablaze|full of smoke|filling with smoke|burning)\b", r"\bthere(?:'s| is| are)? (?:a |an )?(?:big |small |huge |real )?(?:fire|flames|smoke)(?! (?:drill|in the (?:fire ?place|stove|hearth))| engines?)(?: [\w']+)*? (?:house|kitchen|room|flat|building|hall|hallway|stairs|here|help|garage|oven|coming|everywhere|door|upstairs|downstairs|bin|now|behind|under|from)\b", r"\bthere(?:'s| is) (?:a |an )?fire$", r"\b(?:set|setting) (?:the |my |a )?(?:\w+ )?on fire\b|\bset fire to\b", r"\bsmell(?:s|ing|ed)? (?:of |like |something like |some |a bit of )?(?:gas|smoke|burning(?! (?:leaves|wood))|something burning|petrol)\b(?! in the (?:air|autumn))", r"\b(?:gas|smoke) (?:leak\w*|smell|everywhere|coming|is (?:leaking|coming|everywhere)|in (?:the|my))\b", r"\bcarbon monoxide\b", r"\b(?:smoke|fire|gas) (?:alarm|detector)(?:'s| is| keeps| won't| just| has| went)?(?: \w+)? (?:going|ringing|beeping|stop|off|screaming|went|sounding|started)\b", r"\b(?:grease|oil|electrical|fat|chip pan|kitchen|house) fire\b", r"\bsparks? (?:coming|flying|are|is)?\b.*\b(?:socket|plug|outlet|wall|wire)\b|\b(?:socket|plug|outlet|wire|fuse box)\b.*\bspark\w*\b", r"\bi(?:'m| am) (?:trapped|stuck) in (?:a |the )?(?:fire|burning|smoke|lift with smoke|car|flood|building)\b", r"\bi can (?:see|smell) (?:flames|smoke|gas|fire)\b", r"\bflames? (?:coming|everywhere|in|out|are|from)\b", r"\bhelp (?:there's a |a )?fire\b|\bfire (?:help|fire|in the (?:house|kitchen|building|flat|hall|garage|bedroom|bin|oven|microwave))\b", r"\b(?:water|flood)(?:'s| is)? (?:rising|coming in) (?:fast|and|in|to|through)\b", r"\b(?:we're|i'm|we are|i am) (?:trapped|buried|drowning)\b", r"\bexploded\b.*\b(?:kitchen|house|hurt|fire|gas)\b", r"\b(?:house|kitchen|flat|room) (?:smells? of|smells like|stinks of) (?:gas|smoke)\b", r"\bcan't put (?:it|the fire) out\b", r"\bmy [\w']+ (?:is|has caught|are|caught) (?:on )?fire\b", r"\bhelp (?:me )?help\b", r"\b(?:live|fallen|downed) (?:wire|power line)\b",
)  # fmt: skip
_FIRE += (
    r"\bfire(?:'s| is)? (?:spreading|coming|getting (?:bigger|closer)|out of control)\b", r"\b(?:left|forgot) the (?:gas|oven|stove|cooker) on\b.*\b(?:dizzy|smell|sick|headache|smoke)\b", r"\b(?:battery|phone|plug|laptop|charger|socket|toaster|wire|cable|fuse|tv|heater|fridge|outlet)(?:'s| is| are)? (?:smoking|sparking|hissing|melting|swelling and)\b", r"\bwater\b.*\b(?:up to my|rising|in the car|coming in|filling)\b.*\b(?:car|knees|waist|chest|neck|fast|help|room|house|street)\b", r"\bpower ?lines? (?:fell|down|on|has|is)\b", r"\b(?:flames?|smoke) (?:is |are )?(?:coming|pouring|rising|everywhere)\b", r"\b(?:earthquake|avalanche|tornado|flood|landslide|tsunami)\b.*\b(?:now|coming|help|trapped|happening|stuck|right)\b",
)  # fmt: skip
_BODY: tuple[str, ...] = (
    r"\b(?:chest|heart)(?:'s|'re)?(?: [\w']+){0,3} (?:hurts?|hurting|pains?|aches?|tight\w*|pressure|heavy|crush\w*|burning|is killing|squeez\w+|stabbing|sore)\b", r"\b(?:pains?|tight\w*|pressure|ache|aching|hurts?|burning|heaviness|squeezing|crushing|stabbing|weight)(?:'s|'re)?(?: [\w']+){0,3} (?:in|on|across|around|inside) (?:my|his|her|the|their|(?:my )?\w+'s) (?:left )?(?:chest|heart|breast ?bone)\b", r"\bchest pains?\b", r"\bheart attack\b(?!s? (?:mean|symptoms are))", r"\bhaving a stroke\b|\ba stroke\b(?! of)", r"\bheart (?:has |is |just )?stopp(?:ed|ing)\b|\bcardiac arrest\b",
    r"\b(?:can't|cannot|can not|can hardly|can barely|couldn't|struggling to|unable to|hard to|difficult to|trouble|difficulty|short of|hardly|gasping for|fighting for|barely|isn't|not|won't|stopped|has stopped|'s stopped|no longer) (?:to )?(?:breath|breathe|breathing|breathes)\b", r"\b(?:face|mouth|smile)(?:'s|'re)?(?: [\w']+){0,3} (?:droop\w*|drooping|hanging|numb|lopsided|crooked)\b", r"\b(?:arm|leg|left side|right side|half my body|one side)(?:'s|'re)?(?: [\w']+){0,3} (?:numb|paralysed|paralyzed|won't move|gone dead|has gone weak)\b", r"\bslurr(?:ed|ing)\b", r"\b(?:unconscious|passed out|collapsed|unresponsive|blacked out|not responding|isn't responding|won't respond|lifeless)\b(?! on the sofa after dinner)",
    rf"\b{_WHO}(?:'s|'re)?(?: [\w']+){{0,2}} (?:won't|isn't|is not|doesn't|can't|not|will not|did not|didn't) (?:wake up|waking up|wake|moving|breathing|breathe|move|respond\w*|open (?:his|her|their) eyes)\b(?! (?:up )?(?:in the mornings?|on time|before|early|for school|until|till))", r"\b(?:is|'s|was|started|i'm|she's|he's|am|are|and|baby|keeps) chok(?:ing|ed)\b|\bchok(?:ing|ed) on\b", r"\bble(?:e)?d(?:ing|s)?(?:'s|'re)?(?: [\w']+){0,3} (?:a lot|badly|heavily|everywhere|out|to death|won't stop|doesn't stop|and (?:it )?won't|all over|so much|from (?:the|my|his|her) (?:head|ear|ears|neck|wrist|wrists|stomach|mouth|eye)|and i'm pregnant|fast|like crazy)\b", r"\b(?:won't|can't|doesn't|not|cannot|isn't) stop(?:ping)? (?:the )?bleeding\b|\bbleeding (?:won't|doesn't|isn't|hasn't|will not|can't)\b", r"\b(?:there's|there is|so much|a lot of|coughing up|vomiting|throwing up|coughing|losing) (?:\w+ ){0,2}blood\b", r"\bblood (?:everywhere|is everywhere|all over)\b", r"\bcut (?:\w+ ){0,3}(?:really deep|very deep|deep|artery|wrists?|finger off|thumb off|off (?:my|his|her) finger|to the bone|badly)\b", r"\b(?:drank|drunk|swallowed|ate|eaten|drinking|swallow|swallowing)(?:'s|'re)?(?: [\w']+){0,4} (?:bleach|poison\w*|antifreeze|drain cleaner|detergent|cleaning (?:stuff|fluid|liquid)|a battery|battery|batteries|pills|rat poison|paint thinner|toilet cleaner|a magnet|magnets|berries and|tablets|death cap|dishwasher tablet|weed ?killer|petrol|medicine cabinet)\b", r"\b(?:been |was |is |i'm |has been |feel )?poisoned\b", r"\b(?:seizures?|convuls\w+|having a fit|a fit and)\b",
    r"\ballergic (?:reaction|shock)\b|\banaphyla\w+\b|\bepipen\b", r"\b(?:throat|tongue|face|lips)(?:'s|'re)?(?: [\w']+){0,3} (?:swell\w*|swollen|closing|closing up|swelled)\b", r"\b(?:bone|bones)(?:'s|'re)?(?: [\w']+){0,2} (?:sticking out|poking out|showing|through)\b", r"\b(?:broke|broken|snapped|crushed|shattered) (?:my|his|her) (?:neck|back|spine|skull|hip|leg|arm|ankle|wrist|ribs?)\b(?=.*\b(?:can't|help|alone|now|just|bleeding|badly|stairs|think)\b)", r"\bi think (?:i've |i have |i |he |she |he's |she's |my \w+ has |my \w+ )?(?:broke|broken|broken my|has broken) (?:my|his|her) \w+\b", r"\b(?:fell|fallen|falling|tripped)(?:'s|'re)?(?: [\w']+){0,6} (?:can't|cannot|couldn't|can not|unable to) (?:get up|move|stand|feel|walk)\b", r"\b(?:can't|cannot|can not|couldn't) (?:feel|move) (?:my|his|her) (?:legs?|arms?|body|hands?|face|neck|foot|feet|fingers|left|right)\b", r"\b(?:head injury|hit (?:my|his|her) head|banged (?:my|his|her) head|cracked (?:my|his|her) (?:head|skull)|concuss\w+)\b", r"\b(?:is|was|are|i'm|he's|she's|[\w']+'s) drowning\b(?! in (?!the|a))|\bdrowning\b$", r"\b(?:electrocuted|electric shock|electrical shock)\b", r"\b(?:burn(?:ed|t)|scalded) (?:my|his|her|the)(?:'s|'re)?(?: [\w']+){0,3} (?:badly|really bad|severely|with boiling|with acid|all over|blister\w*|and the skin)\b|\bboiling (?:water|oil|soup|tea)\b.*\b(?:on|over|leg|arm|face|hand|skin|baby|burn\w*)\b|\bburned badly\b|\bbadly burn(?:ed|t)\b", r"\b(?:snake|viper|adder|rattlesnake|black widow|scorpion)(?:'s|'re)?(?: [\w']+){0,2} (?:bit|bite|bitten|stung)\b|\bbit(?:ten)? by a (?:snake|viper|adder|rattlesnake|black widow|rabid|dog and)\b|\bstung by a scorpion\b",
    r"\b(?:waters? (?:just )?broke|waters have broken|in labou?r|contractions|the baby(?:'s| is) coming)\b", r"\b(?:car|bike|bus|motorbike|lorry|truck) (?:crash|accident|wreck)(?: \w+)*\b(?=.*\b(?:hurt|trapped|bleeding|help|just|now|people|injured|been in|had)\b)|\b(?:hit|run over|knocked down) by a (?:car|bus|truck|lorry|van|train|bike|tram)\b", r"\b(?:been|badly|someone is|seriously|is|are|i'm|he's|she's) (?:badly |seriously |really )?(?:injured)\b", r"\bi(?:'m| am) (?:dying|having a heart|bleeding|going to die|going to pass out|about to faint|losing consciousness)\b(?! (?:to|for|of|here of|laughing|inside when|a bit))", r"\b(?:need|call|send|get)(?: me| us| him| her)? (?:an? )?ambulance\b|\bambulance (?:now|please|quick\w*)\b|\bcall nine (?:one one|nine nine)\b|\bcall one one two\b|\bthis is an emergency\b|\bit's an emergency\b|\bmedical emergency\b|\bparamedics?\b(?! (?:course|school|exam))", r"\bvision (?:is )?(?:going|gone|went) (?:black|dark|blurry)\b|\bi can't see (?:anything )?(?:suddenly|all of a sudden|any ?more)\b|\bgone blind\b|\bsuddenly can't see\b", r"\bworst headache\b", r"\b(?:just|has|he|she|mum|mom|dad|wife|husband|friend|someone|i) (?:just |has |'ve )?fainted\b(?! (?:at|when|in (?:the|my) (?:film|story)))", r"\b(?:high fever|fever of forty|forty degree fever)\b.*\b(?:baby|stiff|rash|won't|confused|seizure|child)\b|\bbaby(?:'s| is| has)(?:'s|'re)?(?: [\w']+){0,4} (?:blue|limp|floppy|not breathing|turning blue|fever)\b", r"\b(?:lips|face|baby|he|she)(?:'s| is| are|'re)?(?: \w+)? (?:turning|going|gone|went|turned) blue\b", r"\b(?:severe|terrible|awful|unbearable|sudden|sharp|excruciating|horrible) (?:\w+ )?(?:pain|stomach pain|abdominal pain)s?\b", r"\bin (?:so much|terrible|awful|unbearable|agonising|severe) (?:pain|agony)\b", r"\bheart(?:'s| is| keeps| has been)? (?:racing|pounding|skipping|beating (?:really |so |very )?(?:fast|hard|strange\w*|weird\w*|irregular\w*)|fluttering)(?: \w+)*\b(?=.*\b(?:can't|dizzy|faint|won't|breath|pain|sweat\w*|scared|numb|stop|hurts|minutes|hour)\b)", r"\bhypother\w+|\bheat ?stroke\b|\bfrost ?bite\b", r"\bdiabetic\b.*\b(?:confused|shaking|low|passed|coma|unwell|won't)\b", r"\bsepsis\b|\bmeningitis\b", r"\bstiff neck\b.*\b(?:fever|rash)\b|\b(?:fever|rash)\b.*\bstiff neck\b", r"\b(?:swallowed|drank|drunk) something (?:bad|from|under|wrong|toxic|poisonous|i shouldn't)\b", r"\bclutch(?:ing|es|ed) (?:his|her|their|my) chest\b", r"\bchest is tied\b", r"\b(?:fell|fallen)\b.*\b(?:won't|not|can't|isn't|cannot) (?:get up|answer\w*|moving|move|respond\w*|waking|wake)\b", r"\bi'm having the baby\b", r"\b(?:face|speech|words)\b.*\b(?:droop\w*|slur\w*|garbled)\b",
)  # fmt: skip
_BODY += (
    r"\b(?:on|in|across) (?:my|his|her) chest\b(?=.*\b(?:elephant|weight|sit\w*|heavy|pain|pressure|tight|stone|rock|crush\w*)\b)|\b(?:elephant|weight|stone|rock|something heavy)\b.*\bon (?:my|his|her) chest\b", r"\bleft arm\b.*\b(?:hurts?|pain\w*|numb|tingl\w+|aches?|weak|heavy)\b|\b(?:pain|numb\w*|tingling) (?:in|down) my left arm\b", r"\b(?:can't|cannot|couldn't|not|hardly) (?:get|getting|catch) (?:any |enough |my )?(?:air|breath|oxygen)\b", r"\bheart (?:keeps |has |is )?(?:stop|skip)(?:s|ping|ped)?\b(?! (?:a beat when|when you|every))", r"\blying (?:on the (?:floor|ground|street|road)|in the (?:street|road))\b.*\b(?:not|n't|doesn't|won't|bleeding|help|cold|isn't|unconscious)\b", r"\b(?:can't|cannot|couldn't|unable to) (?:speak|talk|see|walk|swallow|stand) (?:properly|all of a sudden|suddenly|any ?more|right)?(?=.*\b(?:sudden\w*|properly|mum|mom|dad|wife|husband|face|grandma|grandpa|arm|swell\w*)\b)", r"\bmushrooms?\b.*\b(?:vomit\w*|sick|poison\w*|throwing up|stomach)\b", r"\b(?:took|taken|gave|given|swallowed|eaten|ate)(?: [\w']+){0,3} wrong (?:pills?|medicine|medication|tablets?|dose)\b", r"\b(?:fell|fallen|jumped) in(?:to)? the (?:water|river|pool|sea|lake|canal|pond)\b.*\b(?:swim|help|drown\w*|can't|won't)\b", r"\b(?:fell|fallen|falls|jumped|pushed)(?: down)? (?:off|out of|from) (?:the|a|our|his|her|my) (?:\w+ )?(?:roof|window|ladder|balcony|cliff|building|scaffold\w*|bridge|horse)\b(?! (?:and (?:laughed|landed on)|once))", r"\b(?:dog|cat|rat|bat|horse|animal|fox|monkey|it|he|she)(?: has|'s| just)? bit(?:ten)?\b.*\b(?:face|neck|throat|badly|bleeding|baby|child's)\b", r"\b(?:acid|bleach|chemical\w*|cleaner|lye|glass|metal|nail|knife)\b.*\b(?:in|into|through) (?:my|his|her|the) (?:eyes?|face|foot|hand|leg|stomach|chest|throat)\b", r"\bbone (?:is |came |has come )?(?:out|visible)\b", r"\b(?:drink|drunk|drinking|alcohol|drugs|pills)\b.*\b(?:won't|can't|isn't|not|doesn't) (?:wake|waking|respond\w*|moving|breath\w*)\b", r"\b(?:shot|stabbed) in the\b|\bi(?:'ve| have|'m)? (?:been )?(?:shot|stabbed)\b|\bgot (?:shot|stabbed)\b", r"\b(?:stuck|trapped|pinned) under\b(?! (?:my|the|a) (?:cat|dog|blanket|kitten|puppy))", r"\b(?:spurting|gushing|squirting)\b", r"\blos(?:t|ing) (?:a lot of|so much|too much|lots of) blood\b", r"\bpregnant\b.*\b(?:bleeding|pain|blood|fell|contractions)\b", r"\b(?:hard|can't|difficult|unable|trouble) to? ?swallow\w*\b.*\b(?:swell\w*|face|sting|nuts?|breath\w*)\b|\bswell\w*\b.*\b(?:breath\w*|swallow)\b", r"\bfloppy\b.*\b(?:baby|he|she)\b|\b(?:baby|he|she)(?:'s| is| went| has gone)? (?:all )?(?:floppy|limp)\b", r"\bno pulse\b|\bcan't find (?:a|his|her) pulse\b|\bgiving (?:him|her) cpr\b|\bneed cpr\b",
)  # fmt: skip

_KINDS = {
    "despair": re.compile("|".join(_DESPAIR)),
    "violence": re.compile("|".join(_VIOLENCE)),
    "fire": re.compile("|".join(_FIRE)),
    "body": re.compile("|".join(_BODY)),
}

ANSWERS: dict[str, tuple[str, ...]] = {
    "despair": (
        "I'm really glad you told me. Please call someone you trust or a crisis line now, and if you're in danger, call emergency services.",
        "That sounds so heavy, and you matter. Please don't be alone with it. Call a crisis line, or someone you trust, right now.",
        "I'm so sorry it hurts this much. I'm only a voice, so please reach a real person now. A friend, a doctor, or emergency services.",
        "Thank you for saying it out loud. Are you safe right now? If not, please call emergency services, and let someone sit with you.",
    ),
    "violence": (
        "That's serious, and it isn't your fault. If you're in danger now, get somewhere safe and call emergency services.",
        "Your safety comes first. Get away if you can, and call the police or emergency services. Then tell someone you trust.",
        "I'm worried about that. Please call emergency services now, I can't call for you. Is there a safe place or person near?",
    ),
    "harm": (
        "That sounds like a lot of anger. Please step away from them now, and talk to someone you trust, a doctor or a crisis line.",
        "I hear how upset you are. Please don't hurt anyone. Walk away, breathe, and call someone who can help you, a crisis line or a doctor.",
    ),
    "fire": (
        "Get out now, take everyone with you, and call emergency services from outside. Don't stop for things.",
        "Please leave at once and shut the doors behind you. Call emergency services from outside, and don't go back in.",
    ),
    "gas": (
        "Don't touch any switch or flame. Go outside, take everyone along, and call the gas emergency line or emergency services from there.",
        "Please get out into fresh air right away, with no lights and no flames. Then call emergency services from outside.",
    ),
    "body": (
        "That could be serious. Please call emergency services right now, I can't call for you. Is anyone there with you?",
        "Please call emergency services at once, and stay on the line with them. Don't wait to see if it passes.",
        "This needs real help, fast. Call emergency services now, and unlock the door so that they can come in.",
    ),
    "after": (
        "I'm still here with you. Please reach a real person now, someone you trust or emergency services.",
        "Please don't wait. Is there someone near who can help you, or can you call emergency services?",
        "You're not alone in this talk, but I'm only a voice. Who could you call right now?",
        "I'm listening. First of all, are you safe, and is somebody with you?",
    ),
}  # fmt: skip
_GAS = re.compile(r"\b(?:gas|carbon monoxide|petrol)\b")
_HARM = re.compile(
    r"\bi(?:'m| am)?(?:'ll| will| want| going| wanna| gonna| could| might| feel like| about)*(?: to)?(?: really)? "
    r"?(?:\w+ ){0,3}(?:kill|stab|shoot|strangle|murder|poison|hurt|attack|beat|harm) (?:up )?(?:him|her|them|someone|somebody|people|everyone|my \w+|that \w+|others)\b"
)
_SAFE = re.compile(
    r"\b(?:i'm (?:okay|fine|safe|better)|i was joking|just (?:kidding|joking)|it's (?:out|over|okay|fine)|false alarm|thank\w*|they're (?:here|coming|on the way))\b"
)
_OURS = {pip_form(a) for answers in ANSWERS.values() for a in answers}


@dataclass(frozen=True, slots=True)
class Danger:
    """What kind of danger a line speaks of, and the words that gave it away."""

    kind: str
    words: str

    @property
    def training_kind(self) -> str:
        """The kind as the trained sense knows it."""
        return {"gas": "fire", "harm": "violence"}.get(self.kind, self.kind)


def without_figures(line: str) -> str:
    """The line as the ears deliver it, without figures of speech and play.

    >>> without_figures("This heat is killing me!")
    'this heat'
    """
    said = _HARMLESS.sub(" , ", user_form(line))
    return " ".join(said.replace(",", " ").split())


def by_pattern(line: str) -> Danger | None:
    """The danger that a pattern finds in a line of the user, or None."""
    said = _HARMLESS.sub(" , ", user_form(line))
    for kind, pattern in _KINDS.items():
        found = pattern.search(said)
        if found:
            return Danger(_finer(kind, said), found.group(0))
    return None


def recognise(line: str) -> Danger | None:
    """The danger in a line of the user, or None.

    >>> recognise("my chest hurts and my arm is numb").kind, recognise("this heat is killing me")
    ('body', None)
    """
    found = by_pattern(line)
    if found is None:
        rest = without_figures(line)
        kind = shipped().kind(rest.split()[-LONGEST:])
        found = Danger(_finer(kind, rest), rest) if kind else None
    return found


def suspicion(line: str) -> tuple[float, str]:
    """How likely the trained sense takes a line for danger, figures of speech left out, and for which kind."""
    rest = without_figures(line).split()[-LONGEST:]
    if not rest:
        return 0.0, ""
    chances = shipped().chances(rest)
    return float(1 - chances[0]), KINDS[1 + int(chances[1:].argmax())]


def named(kind: str, line: str) -> Danger:
    """A danger of a kind that the trained sense knows, in a line."""
    return Danger(_finer(kind, line), line)


def _finer(kind: str, said: str) -> str:
    """Fire by gas, and violence that the user may do, have answers of their own."""
    if kind == "fire" and _GAS.search(said):
        return "gas"
    if kind == "violence" and _HARM.search(said) and not re.search(r"\b(?:he|she|they|who)\b.*\bme\b", said):
        return "harm"
    return kind


def answer(danger: Danger, talk: Talk, choice: int = 0) -> str:
    """The written answer for a danger; one that was not given before in this talk where there is one."""
    said = {pip_form(text) for who, text in talk if who == "pip"}
    answers = [a for a in ANSWERS[danger.kind] if pip_form(a) not in said] or list(ANSWERS["after"])
    return answers[choice % len(answers)]


def still_there(talk: Talk, line: str) -> bool:
    """Whether Pip's last line answered a danger and the user has not said that all is well."""
    last = [text for who, text in talk if who == "pip"][-1:]
    return bool(last) and pip_form(last[0]) in _OURS and not _SAFE.search(user_form(line))
