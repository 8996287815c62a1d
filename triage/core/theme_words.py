"""Words that are no theme: those that end a phrase, and those that say nothing of which paper it is."""

from typing import Final

_BREAKS: Final = """
    a about above achieve achieved achieves achieving across address addressed addresses addressing after against
    aim aims all allow allows almost along already also although always am among an analyse analyze analyzing and
    another any applied apply applying approach are argue as at available based be became because become been
    before being below benchmarking best better between beyond both bring build building built but by call called
    can cannot capture challenging combine combining compare compared comparing complex comprehensive compute
    conduct consistent consistently contribution contributions could create critical current currently demonstrate
    demonstrated demonstrates demonstrating derive derived design designed designing despite develop developed
    developing did different directly distinct diverse do does doing done down drive driven due during each
    effective effectively efficient efficiently eight either else enable enables enabling end enough ensure
    especially establish etc evaluate evaluated evaluates evaluating even ever every exhibit existing experiment
    experiments explicit explicitly explore exploring extensive face fail fails few finally find first five focus
    for formalize four from full fully fundamental further general generally generate generated generates
    generating get give given gives guide guided had has have having he hence her here high higher highly his how
    however i identify identifying if implement important improve improved improvement improvements improves
    improving in including increase increased increases increasing increasingly indeed inform informed instead
    integrate integrated integrating into introduce introduced introduces introducing investigate is it its itself
    jointly just keep key know known lack large largely lead leading leads learn learned let level leverage
    leverages leveraging like likely limit limited low lower made mainly maintain major make makes making many may
    me measure measured measures measuring method methods might more moreover most mostly much multiple must my
    namely natural naturally near need needs neither never nevertheless new nine no nor not nothing novel now
    obtain of off offer often on once one only onto operate optimal or original other others our out outperform
    outperforming outperforms over overall own paper papers particular particularly per perform performing perhaps
    poor potential powered practical present presented presents previous primarily prior produce produced produces
    producing promising propose proposed proposes proposing prove provide provided provides providing put question
    questions rather re ready recent recently reduce reduced reduces reducing related release released rely remain
    remains report reported require required requires requiring research resulting results reveal reveals rich
    rigorous robust same second see seem separate seven several she should show significant significantly simple
    simply since single six small so some specific specifically standard state still strong stronger strongest
    studies study studying substantial substantially successful such suffer suggest support supports systematic
    systematically take target ten term testing than that the their them themselves then there therefore these
    they third this those though three through throughout thus to today together too toward towards traditional
    train trained training transform two typical typically under underlying understand unified unify unless unlike
    until up upon us used uses using validate various verify very via was way we weak weaker weakest well were
    what when where whereas whether which while who whole whom whose why widely will with within without work
    works would year years yet you your
"""

_GENERIC: Final = """
    ability accuracy action agentic ai algorithm analysis application architecture artificial assistant aware
    baseline bench benchmark capability case code component condition content context data dataset developer
    domain empirical engine environment evaluation evidence example experience failure family feature format
    framework free frontier function goal gpt human industrial information input insight intelligence issue item
    language large latency leaderboard list llm long mechanism metric mode model module multi network number
    object objective offline online open optimization outcome output pair parameter pattern people performance
    pipeline platform policy preference problem process product production property protocol public quality
    ranking rate real recommender relevance representation researcher response result role scale scenario science
    score self sequence set setting signal solution source space stage step strategy structure success survey
    system task technique technology test text time tool type use user value version work world
"""

BREAKS: Final = frozenset(_BREAKS.split())
"""Words that no phrase holds: of grammar, and those with which any abstract tells its story."""
GENERIC: Final = frozenset(_GENERIC.split())
"""Words, in the singular, of which alone no theme is made: most papers of any topic could say them."""
