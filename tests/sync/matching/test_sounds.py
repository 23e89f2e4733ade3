"""Words that must sound alike, in both scripts, and words that must not."""

import pytest

from sync.matching.sounds import consonants, sound, spelled
from sync.matching.words import words

ALIKE = """
    Muhammad Mohammed Mohamad Mohd Md محمد; Ahmed Ahmad احمد; Yousaf Yusuf Yousuf یوسف;
    Khadija Khadeeja خدیجہ خدیجه; Ayesha Aisha Aysha عائشہ عایشہ; Zainab Zaynab زینب;
    Umar Omar Umer عمر; Usman Osman عثمان; Zubair Zubayr زبیر; Tariq Tarik طارق;
    Waseem Wasim Vasim وسیم; Rukhsana Ruksana رخسانہ; Shaikh Sheikh شیخ;
    Chaudhry Choudhary چوہدری چودھری;
    Fatima Fatimah Faatima فاطمہ; Ghulam Gulam غلام; Shagufta شگفتہ; Rizwan رضوان; Zafar ظفر زفر;
    Nadeem Nadim ندیم; Rehman Rahman رحمن رحمان; Abdullah عبداللہ; Ziauddin ضیاءالدین;
    Pervez Parvaiz پرویز; Asghar اصغر; Ishaq Ishaque اسحاق; Mahmood Mehmud محمود; Mehwish مہوش;
    Hina حنا; Qureshi Quraishi قریشی; Khan خان; Begum Begam بیگم; Javed Javaid جاوید
"""
APART = """
    Muhammad Mahmood; Muhammad Mahdi; محمد مدیحہ; Abdul Abid; Ali Bilal; Khan Jan;
    Shah Saad; Nadia Nazia; Amna Asma; Rashid Khalid;
    Tahir Zahir; Sana Hina; Akram Aslam; محمد محمود; علی ولی; Salma Sana
"""


def pairs(text):
    return [group.split() for group in text.split(";")]


@pytest.mark.parametrize("group", pairs(ALIKE), ids=lambda group: group[0])
def test_these_sound_alike(group):
    assert len({sound(word) for name in group for word in words(name)}) == 1


@pytest.mark.parametrize("group", pairs(APART), ids=lambda group: group[0])
def test_these_do_not(group):
    one, other = (sound(words(name)[0]) for name in group)
    assert one != other


@pytest.mark.parametrize(
    ("one", "other"),
    [("saeed", "said"), ("naseer", "nasir"), ("qasim", "kasim"), ("ظفر", "زفر"), ("رحمن", "رحمان")],
)
def test_letters_that_clerks_mix_are_one(one, other):
    assert spelled(one) == spelled(other)


def test_a_word_without_consonants_has_a_sound_too():
    assert sound("aa") == "a"
    assert sound("ہ") == "h"
    assert sound("ۆ") == "ۆ", "a letter that the table does not have"


def test_what_stands_between_consonants():
    assert consonants("hussain") == ["hu", "ai", ""]
    assert consonants("حسین") == ["ح", "ی", ""]
