"""What rules find of a person in a text, measured on invented texts: recall and precision of every kind."""

import pytest

from cxlib.redaction import redact

SECRETS = {  # kind: texts with one thing of it in ‹›
    "e-mail": [
        "Please answer to ‹ann.miller@example.com›.",
        "Meine Adresse ist ‹m.groß@beispiel.de›, danke",
        "écrivez à ‹jean-luc+avis@exemple.co.uk›!",
        "reach me: ‹bob_22 [at] mail [dot] com›",
        "‹carla(at)posta.it› aspetta ancora",
        "contact ‹o'neil@sub.dept.example.org› about it",
        "Пишите на ‹иван@пример.рф›",
        "my mail is ‹dave at example dot com›",
        "<‹eva@example.io›> never got a reply",
        "写信到‹wang.li@example.cn›",
        "e-mail:‹x@y.museum›;",
        "‹ANNA@EXAMPLE.COM› IS MY ADDRESS",
        "mail me at ‹kim.lee@example.ac.kr›, thanks",
        "‹j.d+shop_9@mail-server.example.travel› bounced",
        "adresse : ‹marie@exemple.fr›.",
        "‹tom(at)beispiel(dot)de› wartet",
        "E-Mail ‹info@münchen-shop.de›",
    ],
    "URL": [
        "See ‹https://shop.example.com/order?id=77›",
        "‹http://example.org› did not open",
        "‹www.example.de/konto/ann› zeigt nichts",
        "Mon profil: ‹exemple.fr/u/jeanne›",
        "I posted it on ‹facebook.com/ann.miller.7›",
        "look at ‹bit.ly/3xYzAbC› please",
        "‹example.co.uk› was down",
        "‹ftp://files.example.net/ann›",
        "‹https://example.com/?email=x&id=3›",
        "siehe ‹shop.beispiel.de/r/12›",
        "‹t.me/annm› is my channel",
        "profil ‹https://www.linkedin.com/in/ann-m/›",
    ],
    "handle": [
        "Ask ‹@ann_miller› on Twitter",
        "(‹@bob.photos›) saw it too",
        "gracias a ‹@soporte2024›!",
        "‹@müller› hat geholfen",
        "cc ‹@x_y›",
        "спасибо ‹@ivan›",
        "tag ‹@Ann.Miller99›",
        "‹@józef› pisał",
    ],
    "phone number": [
        "Call ‹+49 171 1234567› please",
        "‹+1 (415) 555-2671› is mine",
        "‹0171/1234567› ab 18 Uhr",
        "‹(030) 901820› Büro",
        "Mon numéro: ‹06 12 34 56 78›",
        "joignable au ‹01.23.45.67.89›",
        "ring ‹020 7946 0958› or nothing",
        "‹07700 900123› after six",
        "‹(555) 123-4567› was never called",
        "‹555-123-4567› no answer",
        "mi móvil ‹612 345 678›",
        "tel. ‹22 33 44 55› Oslo",
        "‹0039 06 1234567› Roma",
        "‹090-1234-5678›に電話",
        "我的手机 ‹13812345678›",
        "‹98765 43210› is my number",
        "‹(11) 91234-5678› em São Paulo",
        "telefon ‹512 345 678›",
        "WhatsApp: ‹8123 4567›",
        "‹+49 (0) 30 / 12 34 56-78›",
        "‹0043 664 1234567› bitte",
        "dzwoń ‹22 123 45 67›",
        "‹+65 6123 4567›",
        "‹2025550143› is where I am",
        "‹+33 6 12 34 56 78› merci",
        "‹+55 11 91234-5678›",
        "‹0151-23456789› bitte",
        "‹089 / 12 34 56›",
        "Tel: ‹91 123 45 67›",
        "‹(212) 555 0187›",
        "‹415.555.2671› ext 4",
        "‹+44 (0)20 7946 0958›",
        "‹0612345678› vanaf 9",
        "tlf. ‹20 30 40 50›",
        "‹+46-70-123 45 67›",
        "ring ‹08-123 456 78›",
        "Handy ‹0160 9123456› war aus",
        "‹010-1234-5678› 입니다",
        "‹+91-98765-43210›",
        "chiamare ‹347 123 4567›",
        "phone no. ‹9876543210›",
    ],
    "card number": [
        "I paid with ‹4111 1111 1111 1111› twice",
        "‹5500-0000-0000-0004› was refused",
        "Karte ‹378282246310005› belastet",
        "‹6011111111111117› again",
        "‹3056 930902 5904› Diners",
        "Visa ‹4242-4242-4242-4242› exp 12/27",
        "‹2223003122003222› Mastercard",
    ],
    "IBAN": [
        "Refund to ‹DE89 3704 0044 0532 0130 00› please",
        "‹GB82WEST12345698765432›",
        "virement sur ‹FR14 2004 1010 0505 0001 3M02 606› svp",
        "‹nl91abna0417164300› is mine",
        "‹ES91-2100-0418-4502-0005-1332›",
        "IBAN: ‹AT61 1904 3002 3457 3201›.",
        "conto ‹IT60 X054 2811 1010 0000 0123 456› grazie",
    ],
    "IP address": [
        "blocked from ‹192.168.178.20› all day",
        "my address ‹2001:db8::ff00:42:8329› was logged",
        "(‹8.8.8.8›) times out",
        "‹fe80::1› only",
        "IP=‹10.1.2.3›;",
        "‹2001:db8:0:0:1:0:0:1›",
    ],
}
HARMLESS = [
    "It cost 1,299.00 and I got 10 % off.",
    "1.299,00 € für ein Gerät, 2 499 zł for two",
    "Ordered on 01.02.2024, came 03/04/2024.",
    "2024-03-01 to 2024-04-15, then nothing",
    "the 05-06-2023 delivery",
    "We ordered 1500 units in 12 boxes of 125.",
    "Model XPS-9530 with RTX 4070",
    "Lenovo ThinkPad T14s Gen 4 21F6002TGE",
    "from 09:00 to 17:30, on hold 12:30:45",
    "bought in 2019, 2021 and 2023-2024",
    "10/10 would buy again, 4.5/5 stars",
    "99.9 % uptime, +20 % faster",
    "firmware 1.2.3.4 broke it, version 10.0.19.1 too",
    "1920 x 1080 at 144 Hz, 16 GB, 512 GB",
    "EAN 4006381333931 is on the box",
    "IPs like 999.1.1.1 do not exist",
    "DE12 3456 7890 1234 5678 90 is no account",
    "4111 1111 1111 1112 is no card",
    "meet @ 5 pm, 2 @ 30 each",
    "z.B. schnell,aber teuer; e.g. fine.Then not",
    "room 0815, floor 12, seat 34A",
    "population 1 234 567, paid 700 000 000 VND",
    "and/or, 24/7, 50/50, 3-4 days",
    "size 36 38 40 42, 100-200-300",
    "Order of 10.000.000 pieces",
    "std::vector is fine, ratio 3:2:1",
    "30.09.2023 – 02.10.2023 waited",
    "Nr. 5/6, § 312 Abs. 3, page 120-134",
    "order 10023456 came late",
    "waited 3 h 20 min, 2 weeks, 0 replies",
    "0,5 l for 0.99, minus 0.05",
    "price went from 600 to 899 EUR",
    "I am 45, waited 90 minutes",
    "Rs 12,50,000 in all",
    "SKU 0042-118-77",
    "3x 27-inch 2560x1440",
    "Tel Aviv 2024 show",
    "call 2 times",
    "mobile 5G plan 100",
    "10:15-11:45 Uhr",
    "1/2, 3/4, 5-10 %",
    "v2.0.1 and 4.15.0.0",
    "paid 120 120 120 in rates",
    "12.5.2024 und 3.6.24",
    "scored 9 of 10",
    "25 000 km, 180 000 Ft",
    "order #100-2003-4005",
    "serial SN 5CD1234XYZ 887",
    "telefon 2 dni nie działał",
    "portable 15 pouces 2023",
    "ISO 9001:2015",
    "code A1B2-C3D4-E5F6",
]
RECALL = dict.fromkeys(SECRETS, 1.0) | {"e-mail": 16 / 17, "phone number": 39 / 41}
PRECISION = dict.fromkeys(SECRETS, 1.0) | {"phone number": 39 / 40, "IP address": 6 / 7}
"""What was measured on these texts; a third of them were written after the rules and kept two of their misses."""


def plain(text):
    return text.replace("‹", "").replace("›", "")


def hidden_in(text, kind):
    before, _, after = text.partition("‹")
    return f"{before}[{kind}]{after.partition('›')[2]}"


def measure(kind):
    """Recall and precision of a kind; a text that is found but not cut where it should be counts as not found."""
    right = sum(redact(plain(text)) == hidden_in(text, kind) for text in SECRETS[kind])
    others = [plain(text) for name, texts in SECRETS.items() if name != kind for text in texts]
    wrong = sum(f"[{kind}]" in redact(text) for text in [*others, *HARMLESS])
    return right / len(SECRETS[kind]), right / (right + wrong)


@pytest.mark.parametrize("kind", SECRETS)
def test_recall_and_precision_do_not_fall_under_what_was_measured(kind):
    recall, precision = measure(kind)
    assert recall >= RECALL[kind] - 1e-9 and precision >= PRECISION[kind] - 1e-9


def test_of_all_kinds_together_nine_in_ten_are_found_and_harmless_numbers_stay():
    found = [redact(plain(text)) == hidden_in(text, kind) for kind, texts in SECRETS.items() for text in texts]
    kept = [redact(text) == text for text in HARMLESS]
    assert len(found) >= 60 and sum(found) / len(found) >= 0.96
    assert len(kept) >= 50 and sum(kept) / len(kept) >= 0.96


def test_several_things_in_one_text_are_all_taken_out_and_the_words_stay():
    said = "I am @ann, mail ann@example.com, tel. 030 1234567; card 4111 1111 1111 1111 was charged 1,299.00 EUR twice."
    assert redact(said) == (
        "I am [handle], mail [e-mail], tel. [phone number]; card [card number] was charged 1,299.00 EUR twice."
    )


def test_only_the_check_digits_tell_an_iban_or_a_card_from_another_number():
    assert redact("DE89370400440532013000") == "[IBAN]" and redact("DE88370400440532013000").startswith("DE88")
    assert redact("4242424242424242") == "[card number]" and redact("4242424242424241").startswith("4242")


def test_what_is_redacted_stays_so():
    once = [redact(plain(text)) for texts in SECRETS.values() for text in texts]
    assert [redact(text) for text in once] == once


def test_names_are_not_found_by_rules():
    assert redact("Ann Miller of 12 High Street was rude.") == "Ann Miller of 12 High Street was rude."


def test_an_empty_text_and_a_long_one_are_quick():
    assert redact("") == "" and len(redact("a1 " * 20_000)) == 60_000
