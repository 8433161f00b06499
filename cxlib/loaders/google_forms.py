"""Google Forms: one line of headings, the first of which is Timestamp in the language of the form's owner."""

import re

from cxlib.loaders.grid import Grid, Header, Question
from cxlib.loaders.headings import (
    different,
    numbered,
    plain,
    repeated_lines,
    split_parts,
)

TIMESTAMP = {
    *("Timestamp", "Zeitstempel", "Horodateur", "Marca temporal", "Carimbo de data/hora", "Informazioni cronologiche"),
    *("Tijdstempel", "Sygnatura czasowa", "Tidstämpel", "Tidsstempel", "Tidsmerke", "Aikaleima", "Zaman damgası"),
    *("Časová značka", "Časové razítko", "Časová pečiatka", "Időbélyeg", "Marcaj de timp", "Χρονική σήμανση"),
    *("Отметка времени", "Позначка часу", "Dấu thời gian", "Stempel waktu", "Cap waktu"),
    *("타임스탬프", "タイムスタンプ", "时间戳记", "時間戳記", "ประทับเวลา", "חותמת זמן", "طابع زمني"),
}
PERSONAL = {
    *("email address", "username", "e-mail-adresse", "nutzername", "adresse e-mail", "nom d'utilisateur"),
    *("dirección de correo electrónico", "nombre de usuario", "endereço de e-mail", "nome de usuário"),
    *("indirizzo email", "nome utente", "e-mailadres", "gebruikersnaam", "adres e-mail", "nazwa użytkownika"),
    *("адрес электронной почты", "имя пользователя", "електронна адреса", "địa chỉ email", "כתובת אימייל"),
    *(
        "이메일 주소",
        "사용자 이름",
        "メールアドレス",
        "ユーザー名",
        "电子邮件地址",
        "用户名",
        "電子郵件地址",
        "使用者名稱",
    ),
    *("e-postadresse", "e-postadress", "e-mailová adresa", "e-mail cím", "alamat email", "nama pengguna"),
}
DAY_AND_CLOCK = re.compile(r"\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}\D{1,20}\d{1,2}[:.]\d{2}")
"""How an answer's day and time begin, in any country's order."""
LOOKED_AT = 20


def read_header(grid: Grid) -> Header | None:
    """What the heading of a Google Form's answers says; None for anything else."""
    texts = [plain(heading) for heading in grid.headings]
    if len(texts) < 2 or texts[0] not in TIMESTAMP or not begins_with_times(grid):
        return None
    parted = split_parts(texts, [""] * len(texts), " [", end="]")
    questions = [
        Question(different(name, text, heading.strip()), asked, part, "personal" if text.lower() in PERSONAL else "")
        for name, text, heading, (asked, part) in zip(numbered(texts), texts, grid.headings, parted)
    ]
    questions[0] = Question(questions[0].names, texts[0], role="answered_at")
    why = f"its first column is {texts[0]}, which tells when each answer came"
    return Header("google-forms", why, 1, questions, left_out=repeated_lines(grid, 1))


def begins_with_times(grid: Grid) -> bool:
    """Whether the first answers begin with a day and a time; a file without answers cannot tell."""
    cells = [str(cell or "").strip() for cell in grid.records["f0"].slice(0, LOOKED_AT).to_pylist()]
    return not grid.records.num_rows or any(DAY_AND_CLOCK.match(cell) for cell in cells)
