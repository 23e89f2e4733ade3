"""Made-up patients as CSV: ``python -m examples.make_patients > examples/patients.csv``.

Every run makes the same people. None of them is real: the names are common ones put together by
chance, and the streets are invented. Every phone begins with 03995550 and every CNIC with 99, so
that anybody can see that they are made up.
"""

from __future__ import annotations

import csv
import io
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, NamedTuple, TypeVar

SEED: Final = 710001
LATIN_PEOPLE: Final = 216
URDU_PEOPLE: Final = 144
TODAY: Final = date(2024, 12, 31)

_T = TypeVar("_T")


class Name(NamedTuple):
    """A name in both scripts."""

    latin: str
    urdu: str


class Person(NamedTuple):
    """A row; the fields are the columns."""

    full_name: str
    father_name: str
    dob: str
    sex: str
    phone: str
    cnic: str
    address: str


def _names(text: str) -> tuple[Name, ...]:
    pairs = (pair.split("=") for pair in text.replace("\n", " ").split(";"))
    return tuple(Name(latin.strip(), urdu.strip()) for latin, urdu in pairs)


MEN: Final = _names("""
    Abid=عابد; Adeel=عدیل; Adnan=عدنان; Ahmed=احمد; Akram=اکرم; Ali=علی; Anas=انس; Arslan=ارسلان;
    Asif=آصف; Aslam=اسلم; Bashir=بشیر; Bilal=بلال; Danish=دانش; Fahad=فہد; Faisal=فیصل;
    Farhan=فرحان; Hammad=حماد; Hamza=حمزہ; Haris=حارث; Hassan=حسن; Ibrahim=ابراہیم; Imtiaz=امتیاز;
    Irfan=عرفان; Ismail=اسماعیل; Jamil=جمیل; Javed=جاوید; Junaid=جنید; Kamran=کامران;
    Kashif=کاشف; Khalid=خالد; Liaqat=لیاقت; Mansoor=منصور; Mohsin=محسن; Mudassar=مدثر;
    Nadeem=ندیم; Nasir=ناصر; Naveed=نوید; Nazir=نذیر; Noman=نعمان; Rashid=راشد; Rehan=ریحان;
    Rizwan=رضوان; Rustam=رستم; Saad=سعد; Saeed=سعید; Sajid=ساجد; Shahid=شاہد; Shahzaib=شاہزیب;
    Sharjeel=شرجیل; Sohail=سہیل; Taimoor=تیمور; Talha=طلحہ; Tariq=طارق; Umar=عمر; Usman=عثمان;
    Waqas=وقاص; Waseem=وسیم; Yasir=یاسر; Yousaf=یوسف; Zahid=زاہد; Zain=زین; Zeeshan=ذیشان;
    Zubair=زبیر; Abdullah=عبداللہ; Abdul Rehman=عبدالرحمن; Abdul Rahim=عبدالرحیم;
    Abdul Wahab=عبدالوہاب; Ghulam Abbas=غلام عباس; Ghulam Rasool=غلام رسول; Gul Zaman=گل زمان;
    Sher Zaman=شیر زمان
""")
WOMEN: Final = _names("""
    Aliya=عالیہ; Amna=آمنہ; Anum=انعم; Aqsa=اقصیٰ; Areeba=عریبہ; Asma=اسماء; Ayesha=عائشہ;
    Bushra=بشریٰ; Eman=ایمان; Farah=فرح; Farzana=فرزانہ; Fatima=فاطمہ; Gul Bano=گل بانو;
    Hafsa=حفصہ; Hajra=ہاجرہ; Halima=حلیمہ; Hina=حنا; Iqra=اقراء; Javeria=جویریہ; Kalsoom=کلثوم;
    Khadija=خدیجہ; Kiran=کرن; Laiba=لائبہ; Mahnoor=ماہ نور; Maryam=مریم; Mehwish=مہوش;
    Misbah=مصباح; Nadia=نادیہ; Naheed=ناہید; Nasreen=نسرین; Nazia=نازیہ; Nimra=نمرہ; Noreen=نورین;
    Parveen=پروین; Rabia=رابعہ; Razia=رضیہ; Rubina=روبینہ; Rukhsana=رخسانہ; Sadia=سعدیہ;
    Safia=صفیہ; Saima=صائمہ; Sakina=سکینہ; Samina=ثمینہ; Sana=ثناء; Shabana=شبانہ;
    Shagufta=شگفتہ; Shaista=شائستہ; Shazia=شازیہ; Sidra=سدرہ; Sobia=ثوبیہ; Sumaira=سمیرا;
    Tahira=طاہرہ; Tayyaba=طیبہ; Uzma=عظمیٰ; Yasmin=یاسمین; Zahida=زاہدہ; Zainab=زینب;
    Zarina=زرینہ; Zubaida=زبیدہ
""")
UNISEX: Final = _names("""
    Firdous=فردوس; Ismat=عصمت; Khurshid=خورشید; Mumtaz=ممتاز; Naseem=نسیم; Noor=نور;
    Shamim=شمیم; Sitara=ستارہ
""")
SURNAMES: Final = _names("""
    Ahmed=احمد; Ali=علی; Ansari=انصاری; Arain=آرائیں; Awan=اعوان; Baig=بیگ; Baloch=بلوچ;
    Bangash=بنگش; Bhatti=بھٹی; Bukhari=بخاری; Butt=بٹ; Chaudhry=چوہدری; Cheema=چیمہ; Dar=ڈار;
    Durrani=درانی; Farooqi=فاروقی; Gondal=گوندل; Hashmi=ہاشمی; Hussain=حسین; Kazmi=کاظمی;
    Khan=خان; Khattak=خٹک; Khokhar=کھوکھر; Lodhi=لودھی; Malik=ملک; Marwat=مروت; Memon=میمن;
    Mirza=مرزا; Mughal=مغل; Naqvi=نقوی; Orakzai=اورکزئی; Qureshi=قریشی; Rajput=راجپوت; Raza=رضا;
    Shah=شاہ; Sheikh=شیخ; Siddiqui=صدیقی; Soomro=سومرو; Usmani=عثمانی; Yousafzai=یوسفزئی;
    Zaidi=زیدی
""")
WOMENS_SECOND: Final = _names("""
    Akhtar=اختر; Bano=بانو; Batool=بتول; Begum=بیگم; Bibi=بی بی; Bibi=بی بی; Khatoon=خاتون
""")
MUHAMMAD: Final = Name("Muhammad", "محمد")

CITIES: Final = _names("""
    Karachi=کراچی; Karachi=کراچی; Lahore=لاہور; Lahore=لاہور; Peshawar=پشاور; Multan=ملتان;
    Quetta=کوئٹہ; Hyderabad=حیدرآباد
""")
QUARTERS: Final = _names("""
    Anar Bagh=انار باغ; Chashma Town=چشمہ ٹاؤن; Do Minar=دو مینار; Falak Colony=فلک کالونی;
    Kiran Nagar=کرن نگر; Mohallah Neem Wala=محلہ نیم والا; Nargis Colony=نرگس کالونی;
    Badal Mandi=بادل منڈی; Sitara Town=ستارہ ٹاؤن; Taza Bazar=تازہ بازار
""")
STREETS: Final = _names("""
    Badam Road=بادام روڈ; Chambeli Street=چمبیلی اسٹریٹ; Fakhta Lane=فاختہ گلی;
    Jugnu Street=جگنو اسٹریٹ; Khubani Road=خوبانی روڈ; Mor Gali=مور گلی; Sangtara Road=سنگترہ روڈ;
    Shahtoot Lane=شہتوت گلی; Titli Street=تتلی اسٹریٹ; Zaitoon Road=زیتون روڈ
""")


@dataclass
class _Household:
    """Who lives at one address and writes names in one script."""

    urdu: bool
    phone: str
    address: str
    people: list[Person] = field(default_factory=list)


class _Maker:
    """Makes households; it draws with ``random()`` only, which is the same on every Python."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._phones = 0
        self._cnics = 0
        self._seen: set[tuple[str, str, str]] = set()

    def below(self, end: int) -> int:
        return int(self._random.random() * end)

    def between(self, first: int, last: int) -> int:
        return first + self.below(last - first + 1)

    def chance(self, of_a_hundred: int) -> bool:
        return self.below(100) < of_a_hundred

    def pick(self, items: Sequence[_T]) -> _T:
        return items[self.below(len(items))]

    def pick_but(self, items: Sequence[Name], *taken: Name) -> Name:
        return self.pick([item for item in items if item not in taken])

    def day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.below((last - first).days + 1))

    def born(self, first_year: int, last_year: int) -> date:
        return self.day(date(first_year, 1, 1), min(date(last_year, 12, 31), TODAY))

    def phone(self) -> str:
        self._phones += 1
        return f"03995550{self._phones:03d}"

    def cnic(self, born: date, sex: str) -> str:
        """A number for most adults; its last digit is odd for men and even for women, as usual."""
        if (TODAY - born).days < 18 * 366 or not self.chance(85):
            return ""
        self._cnics += 1
        last = self.below(10) if sex == "O" else self.below(5) * 2 + (sex == "M")
        return f"99{self.between(100, 999)}-{self._cnics:07d}-{last}"

    def address(self, urdu: bool) -> str:
        house, street = self.between(1, 480), self.pick(STREETS)
        quarter, city = self.pick(QUARTERS), self.pick(CITIES)
        if urdu:
            return f"مکان نمبر {house}، {street.urdu}، {quarter.urdu}، {city.urdu}"
        return f"House {house}, {street.latin}, {quarter.latin}, {city.latin}"

    def man(self, surname: Name) -> tuple[Name, ...]:
        given = self.pick_but(MEN, surname)
        simple = " " not in given.latin and not given.latin.startswith("Abd")
        return (MUHAMMAD, given) if simple and self.chance(27) else (given, surname)

    def woman(self, surname: Name) -> tuple[Name, ...]:
        given = self.pick(WOMEN)
        return (given, surname if self.chance(35) else self.pick(WOMENS_SECOND))

    def add(
        self,
        home: _Household,
        name: tuple[Name, ...],
        father: tuple[Name, ...],
        born: date,
        sex: str,
    ) -> None:
        """One more member, unless there is somebody of the same name, father and birthday."""
        full_name, father_name, dob = (
            _written(name, home.urdu),
            _written(father, home.urdu),
            born.isoformat(),
        )
        if (full_name, father_name, dob) in self._seen:
            return
        self._seen.add((full_name, father_name, dob))
        own_phone = born.year < 2006 and home.people and self.chance(35)
        home.people.append(
            Person(
                full_name,
                father_name,
                dob,
                sex,
                self.phone() if own_phone else home.phone,
                self.cnic(born, sex),
                home.address,
            )
        )

    def household(self, urdu: bool) -> _Household:
        home = _Household(urdu, self.phone(), self.address(urdu))
        if self.chance(6):
            self._alone(home)
        elif self.chance(15):
            self._old_couple(home)
        else:
            self._family(home)
        return home

    def _alone(self, home: _Household) -> None:
        surname = self.pick(SURNAMES)
        given = self.pick(UNISEX)
        name = (given, self.pick(SURNAMES)) if self.chance(50) else (given,)
        self.add(home, name, self.man(surname), self.born(1960, 2003), "O")

    def _old_couple(self, home: _Household) -> None:
        surname, hers = self.pick(SURNAMES), self.pick(SURNAMES)
        his_birth = self.born(1935, 1956)
        self.add(home, self.man(surname), self.man(surname), his_birth, "M")
        if self.chance(60):
            born = max(self.born(his_birth.year, his_birth.year + 9), date(1935, 1, 1))
            self.add(home, self.woman(surname), self.man(hers), born, "F")

    def _family(self, home: _Household) -> None:
        surname, hers = self.pick(SURNAMES), self.pick(SURNAMES)
        grandfather, father = self.man(surname), self.man(surname)
        fathers_birth = self.born(1958, 1996)
        mothers_birth = self.born(fathers_birth.year, fathers_birth.year + 6)
        if self.chance(75):
            self.add(home, father, grandfather, fathers_birth, "M")
        if self.chance(75):
            self.add(home, self.woman(surname), self.man(hers), mothers_birth, "F")
        if fathers_birth.year > 1962 and self.chance(15):
            year = fathers_birth.year
            born = self.born(max(1935, year - 38), year - 20)
            self.add(home, grandfather, self.man(surname), born, "M")
        self._children(home, surname, father, mothers_birth.year + self.between(19, 27))

    def _children(
        self, home: _Household, surname: Name, father: tuple[Name, ...], year: int
    ) -> None:
        taken: list[Name] = list(father)
        for _ in range(self.below(5)):
            if year > TODAY.year:
                break
            sex = self.pick("MF")
            given = self.pick_but(MEN if sex == "M" else WOMEN, surname, *taken)
            taken.append(given)
            # A child goes by the family's name or by the father's own.
            second = self.pick((surname, father[1] if father[0] == MUHAMMAD else father[0]))
            self.add(home, (given, second), father, self.born(year, year), sex)
            year += self.between(1, 4)


def people() -> list[Person]:
    """Everybody, in the order in which they came to the clinic."""
    maker = _Maker(SEED)
    everybody = [
        *_members(maker, urdu=False, wanted=LATIN_PEOPLE),
        *_members(maker, urdu=True, wanted=URDU_PEOPLE),
    ]
    for last in range(len(everybody) - 1, 0, -1):
        other = maker.below(last + 1)
        everybody[last], everybody[other] = everybody[other], everybody[last]
    return everybody


def csv_text() -> str:
    """The whole file as text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Person._fields)
    writer.writerows(people())
    return text.getvalue()


def main() -> None:
    """Write the file to standard output, in UTF-8 whatever the terminal uses."""
    sys.stdout.buffer.write(csv_text().encode())


def _members(maker: _Maker, *, urdu: bool, wanted: int) -> Iterator[Person]:
    while wanted:
        for person in maker.household(urdu).people[:wanted]:
            yield person
            wanted -= 1


def _written(name: tuple[Name, ...], urdu: bool) -> str:
    return " ".join(part.urdu if urdu else part.latin for part in name)


if __name__ == "__main__":
    main()
