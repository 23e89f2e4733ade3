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
fault-cnic = شناختی کارڈ نمبر میں 13 ہندسے ہوتے ہیں، جیسے 35202-1234567-1
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
