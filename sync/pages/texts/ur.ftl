# تمام صفحات کی عبارتیں

language-name = اردو
language-direction = rtl
language-locale = ur-PK

page-language = زبان
page-close = بند کریں
page-cancel = رہنے دیں
page-loading = ایک لمحہ

# ایک شخص کے خانے

may = اگر معلوم ہو
field-full_name = نام
field-father_name = والد کا نام
field-sex = جنس
field-born = عمر یا تاریخ پیدائش
field-phone = فون
field-cnic = شناختی کارڈ نمبر
field-address = پتہ
sex-F = عورت
sex-M = مرد
sex-O = دیگر
born-hint = 34 یا 6 m (ماہ) یا 10 d (دن) یا 1/2/1990
born-on = پیدائش { $day }
born-about = پیدائش تقریباً { $year }
age-years = { $count ->
    [one] { $count } سال
   *[other] { $count } سال
  }
age-months = { $count ->
    [one] { $count } ماہ
   *[other] { $count } ماہ
  }
age-days = { $count ->
    [0] آج پیدا ہوا
    [one] { $count } دن
   *[other] { $count } دن
  }
fault-required = یہ خانہ پُر کریں۔
fault-placeholder = لکھیں کہ یہ کون ہے۔
fault-letter = نام میں کم از کم ایک حرف ہو۔ نامعلوم کے لیے لکھیں: نامعلوم مرد 1
fault-control = اس میں ایسا نشان ہے جو لکھا نہیں جا سکتا۔ دوبارہ لکھیں۔
fault-born = عمر لکھیں جیسے 34، یا تاریخ جیسے 1/2/1990
fault-no-day = کیلنڈر میں ایسا دن نہیں۔
fault-future = یہ دن ابھی نہیں آیا۔
fault-old = یہ 150 سال سے زیادہ پرانا ہے۔
fault-phone = فون نمبر میں 7 سے 15 ہندسے ہوتے ہیں، جیسے 0300 1234567
fault-cnic = شناختی کارڈ نمبر میں 13 ہندسے ہوتے ہیں، جیسے ⁦35202-1234567-1⁩
fault-form = اس نمبر کی شکل درست نہیں۔
fault-choice = فہرست میں سے ایک چنیں۔
fault-email = پتہ ایسا ہوتا ہے: name@example.org
fault-number = عدد لکھیں جیسے 62.5
fault-long = یہ بہت لمبا ہے۔
field-written = کاغذ پر لکھا وقت

known = یہ نام کیسے معلوم ہے:
known-typed = لکھا گیا
known-chosen = چنا گیا
known-pin = پن کے ساتھ
known-signed_in = سائن ان
known-key = پروگرام

# what is known of a person, and what happened to the record

field-identity = یہ کون ہے
field-name_placeholder = نام صرف عارضی ہے
field-mother = ماں کا نمبر
field-birth_order = کئی میں سے کون سا
field-dob = تاریخ پیدائش
field-dob_estimated = تاریخ پیدائش اندازاً ہے
age-about = تقریباً { $age }
unconfirmed = شناخت کی تصدیق باقی
identity-confirmed = تصدیق شدہ
person-status-admitted = تصدیق شدہ
person-status-pending = تصدیق کا انتظار
person-status-rejected = نمبر رد ہوا
person-void = غلطی
person-former-record = ضم شدہ
person-empty = معلوم نہیں
person-history = تاریخچہ
person-former = پہلے کا نمبر: { $number }
family-mother = ماں
family-babies = نومولود بچے
history-registered = اندراج
history-amended = تصحیح
history-judged = نمبر کی تصدیق
history-judged-refused = نمبر رد ہوا
history-amended-refused = تصحیح نہیں لی گئی
history-resolved = منتظم کا فیصلہ
history-merged = اسی شخص کے دوسرے ریکارڈ کے ساتھ ملا دیا گیا
history-unmerged = دوسرے ریکارڈ سے پھر الگ کر دیا گیا
history-voided = غلطی سمجھ کر الگ رکھا گیا
history-unvoided = پھر شمار ہوتا ہے
history-two-people = فیصلہ: ملتے جلتے ریکارڈ والا شخص کوئی اور ہے
history-maybe-one = فیصلہ واپس: دوسرے ریکارڈ والا شخص یہی ہو سکتا ہے
history-other = دوسرا ریکارڈ
history-by = { $who }، { $desk }
history-at = { $desk }
history-coordinator = کوآرڈینیٹر

# what desks ask for

request-merge = وہی شخص
request-unmerge = وہی شخص نہیں ہے
request-void = غلطی سے اندراج ہوا
request-unvoid = غلطی نہیں تھی
request-two-people = دو افراد
request-maybe-one = شاید ایک ہی شخص
request-state-waiting = انتظار میں
request-state-done = ہو گیا
request-state-refused = منظور نہیں ہوا

# finding somebody

find-field = نام، نمبر، فون یا شناختی کارڈ
find-results = ملتے جلتے افراد
find-mistyped = یہ نمبر غلط لکھا گیا ہے، کسی کا نہیں۔ کارڈ سے دوبارہ پڑھیں۔
find-more = { $count ->
    [one] مزید { $count } شخص۔ کم کرنے کے لیے اور لکھیں۔
   *[other] مزید { $count } افراد۔ کم کرنے کے لیے اور لکھیں۔
  }
find-behind = { $count ->
    [one] { $count } شخص ابھی آیا ہے اور تلاش میں شامل نہیں۔
   *[other] { $count } افراد ابھی آئے ہیں اور تلاش میں شامل نہیں۔
  }
family-elsewhere = ان کا ریکارڈ ابھی یہاں نہیں پہنچا

# which of two records stays

choose-stays = آئندہ کون سا نمبر معتبر ہو؟
choose-result = ریکارڈ میں یہ لکھا ہو گا
choose-empty = کچھ نہیں
choose-values = جہاں فرق ہے وہاں وہ بات چنیں جو رہنی چاہیے۔
