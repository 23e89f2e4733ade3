# منتظم کے صفحات کی عبارتیں

board-title = { $view } · { $facility }
board-skip = مواد پر جائیں
board-unreachable = مرکز جواب نہیں دے رہا۔ جو نظر آ رہا ہے وہ آخری حالت ہے۔ اگر ایک منٹ میں جواب نہ آئے تو اس کا کمپیوٹر دیکھیں۔

nav-label = صفحات
nav-menu = فہرست
nav-group-work = کلینک
nav-overview = خلاصہ
nav-terminals = ٹرمینل
nav-me = میرا کھاتہ

# اندر آنا

sign-in-title = اندر آئیں
sign-in-name = نام
sign-in-password = پاس ورڈ
sign-in-act = اندر آئیں
sign-in-ended = آپ کو باہر کر دیا گیا ہے، کیونکہ آدھے گھنٹے سے صفحہ استعمال نہیں ہوا، یا مرکز دوبارہ چلایا گیا ہے۔
sign-in-lost = پاس ورڈ بھول گئے؟ منتظم نیا مقرر کرتا ہے۔ آخری منتظم مرکز کے کمپیوٹر پر یہ کرے: mrnmesh-coordinator users password --console
sign-out = باہر جائیں
role-administrator = منتظم
role-registrar = اندراج کرنے والا
role-reader = دیکھنے والا
me-link = میرا کھاتہ: { $name }
me-title = میرا کھاتہ
me-role = { $name }، { $role }
me-password = پاس ورڈ بدلیں
me-present = موجودہ پاس ورڈ
me-new = نیا پاس ورڈ
me-change = پاس ورڈ بدلیں
password-hint = 10 یا زیادہ حروف

form-saved = محفوظ ہو گیا
form-copy = نقل کریں
form-copied = نقل ہو گیا

# جو غلط ہوا

refused-sign_in_refused = نام یا پاس ورڈ غلط ہے۔ دوبارہ کوشش کریں۔
refused-too_many_failures = بہت سے غلط پاس ورڈ آ چکے ہیں۔ ایک منٹ ٹھہریں، پھر کوشش کریں۔
refused-bad_password = یہ پاس ورڈ آسانی سے بوجھا جا سکتا ہے۔ کم از کم 10 حروف لیں، اور نام نہ لیں۔
refused-busy = مرکز کے پاس ابھی بہت کام ہے۔ دوبارہ کوشش کریں۔

# خلاصہ

overview-hello = خوش آمدید، { $name }
overview-administrator = آپ یہاں سب کچھ کر سکتے ہیں۔
overview-registrar = آپ لوگوں کا اندراج اور تصحیح کر سکتے ہیں۔ اس کی جگہ آپ کے ڈیسک کا صفحہ ہے۔
overview-reader = آپ رجسٹر دیکھ سکتے ہیں، بدل نہیں سکتے۔
tile-desks = ٹرمینل جڑے ہوئے
tile-people = رجسٹر میں لوگ
tile-waiting = تصدیق کے منتظر
alarms-none = کوئی بات آپ کی توجہ نہیں چاہتی۔
alarms-title = { $count ->
    [one] ایک بات آپ کی توجہ چاہتی ہے
   *[other] { $count } باتیں آپ کی توجہ چاہتی ہیں
 }

# ٹرمینل

desks-count = { $all } میں سے { $live } جڑے ہوئے
desks-none = ابھی کوئی ٹرمینل نہیں۔ پہلا شامل کریں: اسے ایک کوڈ ملے گا جو اس کے کمپیوٹر پر لکھا جاتا ہے۔
desks-gone = { $count ->
    [one] ایک ٹرمینل جس کا کام ختم ہو چکا
   *[other] { $count } ٹرمینل جن کا کام ختم ہو چکا
 }
desk-nowhere = { $code } نام کا کوئی ٹرمینل نہیں۔
desk-waiting = { $count ->
    [one] ایک اندراج تصدیق کا منتظر ہے
   *[other] { $count } اندراج تصدیق کے منتظر ہیں
 }
desk-left = { $count ->
    [one] ایک نمبر باقی
   *[other] { $count } نمبر باقی
 }
desk-used = { $count } نمبروں میں سے { $percent } % استعمال ہوئے
range-used = { $used } استعمال ہوئے، { $left } باقی ({ $percent } %)
state-active = فعال
state-inactive = غیر فعال
state-replaced = بدلا گیا
state-retired = ریٹائرڈ
state-revoked = منسوخ
line-live = { $time } سے آن لائن
line-begun = جڑ رہا ہے
line-away = آف لائن، آخری بار { $time }
line-never = ابھی تک نہیں دیکھا گیا
line-none = اس کا اپنا کمپیوٹر نہیں
forecast-none = کوئی نمبر نہیں
forecast-never = ابھی ختم ہوتے نظر نہیں آتے
forecast-today = آج ختم
forecast-day = { $days ->
    [one] { $day } تک (1 دن)
   *[other] { $day } تک ({ $days } دن)
 }
clock-ahead = اس کی گھڑی { $minutes ->
    [one] 1 منٹ
   *[other] { $minutes } منٹ
 } آگے ہے
clock-behind = اس کی گھڑی { $minutes ->
    [one] 1 منٹ
   *[other] { $minutes } منٹ
 } پیچھے ہے
