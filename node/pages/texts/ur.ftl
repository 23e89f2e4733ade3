# کلرک کے صفحے کی عبارتیں

page-unreachable = اس ڈیسک کا پروگرام جواب نہیں دے رہا۔ آپ نے جو لکھا ہے وہ یہیں رہے گا۔ اگر ایک منٹ میں جواب نہ آئے تو کمپیوٹر دوبارہ چلائیں یا منتظم کو بلائیں۔
desk-title = { $view } · { $desk }
nav-label = صفحات
nav-find = تلاش
nav-today = آج
nav-unconfirmed = شناخت
nav-labels = لیبل
skip = اصل مواد پر جائیں

standing-label = موجودہ حالت
standing-online = آن لائن
standing-offline = { $time } سے آف لائن
standing-left = { $count ->
    [one] { $count } نمبر باقی
   *[other] { $count } نمبر باقی
  }
standing-waiting = { $count ->
    [one] { $count } شخص تصدیق کا منتظر
   *[other] { $count } افراد تصدیق کے منتظر
  }
standing-desks = رابطے میں: { $desks }
standing-alone = کوئی اور ڈیسک رابطے میں نہیں
standing-unknown = کوآرڈینیٹر ابھی اس ڈیسک کو نہیں جانتا۔ منتظم سے کہیں کہ اسے شامل کرے۔
standing-inactive = منتظم نے یہ ڈیسک بند کر دیا ہے۔ جب تک اسے دوبارہ نہ کھولا جائے یہاں کسی کا اندراج نہیں ہو سکتا۔
standing-replaced = اس کمپیوٹر کی جگہ دوسرا کمپیوٹر آ چکا ہے۔ اندراج وہاں کریں۔
standing-retired = یہ ڈیسک ہمیشہ کے لیے بند کر دیا گیا ہے۔ یہاں اب کسی کا اندراج نہیں ہوتا۔
standing-revoked = اس ڈیسک کو روک دیا گیا ہے۔ منتظم کو بلائیں۔
standing-notes = { $count ->
    [one] { $count } بات توجہ طلب
   *[other] { $count } باتیں توجہ طلب
  }

alarm-audit_forked = مرکز نے اپنے کیے ہوئے کاموں کے دو مختلف ریکارڈ دیے ہیں۔ منتظم کو بتائیں۔
alarm-numbers_low = نیٹ ورک کے بغیر دینے کے لیے تھوڑے نمبر رہ گئے ہیں۔ اندراج جاری رکھیں اور آج ہی منتظم کو بتائیں۔
alarm-no_range = اس ڈیسک کے پاس اپنے نمبر نہیں: آف لائن ہو کر اندراج نہیں ہو سکے گا۔ منتظم کو بتائیں۔
alarm-clock_ahead = اس کمپیوٹر کی گھڑی آگے ہے۔ کسی سے درست کروائیں۔ اندراج جاری رکھ سکتے ہیں۔
alarm-clock_behind = اس کمپیوٹر کی گھڑی پیچھے ہے۔ کسی سے درست کروائیں۔ اندراج جاری رکھ سکتے ہیں۔
alarm-clock_differs = اس کمپیوٹر اور کوآرڈینیٹر کی گھڑیوں میں فرق ہے۔ منتظم کو بتائیں۔ اندراج جاری رکھ سکتے ہیں۔
alarm-clock_stepped = اس کمپیوٹر کی گھڑی غلط وقت بتا رہی ہے۔ کسی سے درست کروائیں۔ اندراج جاری رکھ سکتے ہیں۔
alarm-two_computers = کوئی دوسرا کمپیوٹر خود کو یہی ڈیسک کہتا ہے۔ مزید اندراج سے پہلے منتظم کو بتائیں۔
alarm-conflicts_here = یہاں درج کسی شخص کا نمبر رد ہوا ہے، یا وہی نمبر کسی اور کے پاس بھی ہے۔ وہ کارڈ نہ دیں۔ فیصلہ منتظم کرے گا۔
alarm-cards_to_reprint = یہاں درج کسی شخص کا نمبر بدل گیا ہے۔ نیا لیبل چھاپیں۔
alarm-disk_full = اس کمپیوٹر کی ڈسک بھر گئی ہے۔ جگہ ہونے تک اندراج نہیں ہو سکتا۔ منتظم کو بلائیں۔
alarm-disk_read_only = یہ کمپیوٹر اپنی ڈسک پر لکھ نہیں سکتا۔ اندراج نہیں ہو سکتا۔ منتظم کو بلائیں۔
alarm-disk_unwritable = اس کمپیوٹر کی ڈسک خراب ہو رہی ہے۔ اندراج نہیں ہو سکتا۔ منتظم کو بلائیں۔
alarm-disk_forbidden = پروگرام کو اپنی فائلیں استعمال کرنے کی اجازت نہیں۔ اندراج نہیں ہو سکتا۔ منتظم کو بلائیں۔
alarm-witness_unwritable = پروگرام نمبروں کے لیے درکار ایک فائل نہیں لکھ سکتا۔ کوئی نمبر نہیں دیا جا رہا۔ منتظم کو بلائیں۔
alarm-witness_shared = اس کمپیوٹر پر اسی ڈیسک کا دوسرا پروگرام چل رہا ہے۔ کوئی نمبر نہیں دیا جا رہا۔ منتظم کو بلائیں۔
alarm-set_back = یہ کمپیوٹر پرانی حالت پر واپس کر دیا گیا ہے۔ پہلے والے نمبر نہیں دیے جا رہے۔ منتظم کو بلائیں۔
alarm-stray_numbers = کسی اور ڈیسک نے اس ڈیسک کے نمبر استعمال کیے ہیں۔ اندراج جاری رکھ سکتے ہیں۔ منتظم کو بتائیں۔
alarm-two_coordinators = دو کوآرڈینیٹر چل رہے ہیں۔ منتظم کو بتائیں۔
alarm-database_damaged = اس ڈیسک کا ریکارڈ خراب ہو گیا ہے۔ فوراً منتظم کو بلائیں۔
alarm-store_busy = کوئی اور پروگرام اس ڈیسک کا ریکارڈ روکے ہوئے ہے۔ دوسرے پروگرام بند کریں یا منتظم کو بلائیں۔
alarm-store_fails = اس ڈیسک کا ریکارڈ استعمال نہیں ہو رہا۔ منتظم کو بلائیں۔
alarm-backup_failed = پچھلا بیک اپ نہیں ہو سکا۔ منتظم کو بتائیں۔
alarm-backup_missing = ابھی کوئی بیک اپ موجود نہیں۔ منتظم کو بتائیں۔
alarm-backup_old = آخری بیک اپ دو دن سے زیادہ پرانا ہے۔ منتظم کو بتائیں۔
alarm-job_failed = پروگرام کا ایک حصہ رک گیا تھا۔ وہ دوبارہ کوشش کر رہا ہے۔ اگر یہ پیغام رہے تو منتظم کو بتائیں۔
alarm-address_silent = پروگرام اپنے پتے پر جواب نہیں دے رہا۔ منتظم کو بتائیں۔
alarm-bad_peer = کلینک کا ایک اور کمپیوٹر رابطے کے قاعدوں پر نہیں چلتا۔ اس میں سے کچھ نہیں لیا جاتا۔ اندراج جاری رکھیں۔ منتظم کو بتائیں۔
alarm-strangers = ایک کمپیوٹر جو اس کلینک کا نہیں جڑنا چاہتا ہے۔ اسے اندر نہیں لیا جاتا۔ اندراج جاری رکھیں۔ منتظم کو بتائیں۔

find-title = تلاش یا اندراج
find-field = نام، نمبر، فون یا شناختی کارڈ
find-hint = لکھیں اور Enter دبائیں۔ کوئی نہ ملے تو نئے شخص کا فارم کھلے گا۔
find-results = ملتے جلتے افراد
find-mistyped = یہ نمبر غلط لکھا گیا ہے، کسی کا نہیں۔ کارڈ سے دوبارہ پڑھیں۔
find-nobody = کوئی نہیں ملا۔ نئے شخص کے اندراج کے لیے Enter دبائیں۔
find-count = { $count ->
    [one] { $count } شخص ملا
   *[other] { $count } افراد ملے
  }
find-more = { $count ->
    [one] مزید { $count } شخص۔ کم کرنے کے لیے اور لکھیں۔
   *[other] مزید { $count } افراد۔ کم کرنے کے لیے اور لکھیں۔
  }
find-behind = { $count ->
    [one] { $count } شخص ابھی آیا ہے اور تلاش میں شامل نہیں۔
   *[other] { $count } افراد ابھی آئے ہیں اور تلاش میں شامل نہیں۔
  }
find-new = نیا شخص
find-new-with = نیا شخص: { $text }
find-keys = اوپر نیچے کے تیر سے چنیں، Enter سے کھولیں
find-today = { $count ->
    [0] آج یہاں ابھی کسی کا اندراج نہیں ہوا
    [one] آج یہاں { $count } شخص کا اندراج ہوا
   *[other] آج یہاں { $count } افراد کا اندراج ہوا
  }

registered-title = اندراج ہو گیا
registered-said = اندراج ہو گیا۔ نمبر ہے { $number }
registered-again = اس فارم کا اندراج پہلے ہو چکا ہے۔ نمبر یہ ہے۔
registered-alike = ایسا ہی ایک شخص پہلے سے درج ہے۔ کیا یہ وہی ہے؟ اگر ہاں تو منتظم کو بتائیں۔
registered-open = ریکارڈ کھولیں
registered-next-newborn = اسی ماں کا اگلا نومولود
registered-offline = نیٹ ورک کے بغیر دیا گیا۔ کوآرڈینیٹر بعد میں تصدیق کرے گا۔

new-title = نیا شخص
new-register = اندراج کریں
new-sending = ایک لمحہ
new-cancel = واپس
new-again = جواب نہیں آیا۔ کچھ ضائع نہیں ہوا اور کسی کا دو بار اندراج نہیں ہوگا: دوبارہ Enter دبائیں۔
new-mistakes = { $count ->
    [one] ایک خانہ دوبارہ دیکھیں
   *[other] { $count } خانے دوبارہ دیکھیں
  }
new-beside = کیا ان میں سے کوئی ہے؟
new-beside-none = ایسا کوئی شخص پہلے سے درج نہیں۔
new-beside-wait = لکھتے وقت ملتے جلتے افراد یہاں نظر آئیں گے۔
new-same = یہی ہے
new-other = کوئی اور ہے
grade-certain = تقریباً یقینی
grade-probable = غالباً
grade-possible = شاید

field-identity = یہ کون ہے
field-name_placeholder = نام صرف عارضی ہے
field-mother = ماں کا نمبر
field-birth_order = کئی میں سے کون سا
field-dob = تاریخ پیدائش
field-dob_estimated = تاریخ پیدائش اندازاً ہے

age-about = تقریباً { $age }

mark-unknown = معلوم نہیں کون ہے
mark-unknown-why = صرف وہی لکھیں جو معلوم ہے۔ نمبر ہمیشہ کے لیے ہے۔ بعد میں کوئی بتائے گا کہ یہ کون ہے۔
mark-newborn = نومولود
mark-newborn-why = سب کچھ خالی رہ سکتا ہے۔ نمبر ہمیشہ کے لیے ہے۔
newborn-mother-why = اس کے بغیر بھی نومولود کا اندراج ہو جاتا ہے۔
newborn-no-mother = یہاں یہ نمبر کسی کا نہیں۔ آگے بڑھنے کے لیے اسے خالی چھوڑ دیں۔
newborn-several = ایک سے زیادہ ہوں تو پہلے کے لیے 1، دوسرے کے لیے 2
unknown-name-F = نامعلوم عورت
unknown-name-M = نامعلوم مرد
unknown-name-O = نامعلوم شخص
newborn-name = نومولود
newborn-name-of-several = نومولود { $order }
newborn-name-of-mother = { $mother } کا بچہ
newborn-name-of-mother-of-several = { $mother } کا بچہ { $order }
unconfirmed = شناخت کی تصدیق باقی
identity-confirmed = تصدیق شدہ
unconfirmed-title = شناخت کی تصدیق باقی
unconfirmed-why = ان افراد کے بارے میں ابھی کسی نے نہیں بتایا کہ یہ کون ہیں۔ کسی کو کھولیں اور لکھیں کہ یہ کون ہے۔
unconfirmed-none = سب کے بارے میں معلوم ہے کہ کون ہیں۔
unconfirmed-more = { $count ->
    [one] { $count } اور یہاں نظر نہیں آ رہا۔
   *[other] { $count } اور یہاں نظر نہیں آ رہے۔
  }
family-mother = ماں
family-elsewhere = ان کا ریکارڈ ابھی اس ڈیسک تک نہیں پہنچا
family-babies = نومولود بچے

refused-no_numbers = اس ڈیسک کے پاس نمبر ختم ہو گئے ہیں اور کوآرڈینیٹر سے رابطہ نہیں۔ شخص کو کاغذ پر لکھیں اور منتظم کو بلائیں۔
refused-changed_meanwhile = اس دوران کسی اور نے اس شخص کی تصحیح کی ہے۔ نئی بات دیکھیں، پھر محفوظ کریں۔
refused-busy = اس وقت بہت کام ہو رہا ہے۔ دوبارہ Enter دبائیں۔
refused-key_reused = اس فارم کا اندراج پہلے ہو چکا ہے، شاید دوسری کھڑکی میں۔ واپس جا کر اس شخص کو تلاش کریں؛ جو فرق ہو وہاں درست کریں۔
refused-unwritable = اس ڈیسک کا پروگرام ابھی لکھ نہیں سکتا۔ کچھ ضائع نہیں ہوا: دوبارہ Enter دبائیں۔ اگر یہ پیغام رہے تو منتظم کو بلائیں۔
refused-other = یہ نہیں ہو سکا: { $detail }

person-title = شخص
person-former = پہلے کا نمبر: { $number }
person-status-admitted = تصدیق شدہ
person-status-pending = تصدیق کا انتظار
person-status-rejected = نمبر رد ہوا
person-refused = اس شخص کا نمبر رد ہوا ہے۔ کارڈ نہ دیں۔ فیصلہ منتظم کرے گا۔
person-merged = یہ ریکارڈ اسی شخص کے دوسرے ریکارڈ میں ملا دیا گیا ہے۔
person-other = دوسرا ریکارڈ کھولیں
person-voided = منتظم نے یہ ریکارڈ الگ رکھ دیا ہے۔
person-print = لیبل چھاپیں
person-correct = تصحیح کریں
person-save = محفوظ کریں
person-confirm = بتائیں یہ کون ہے
person-confirm-why = جو اب معلوم ہے لکھیں۔ کیا یہ شخص پہلے سے کسی اور نمبر پر درج ہے؟ تو منتظم سے کہیں کہ دونوں ریکارڈ ملا دے۔
person-confirm-save = محفوظ کریں: یہی ہے
person-newborn = اس کا نومولود
person-saved = محفوظ ہو گیا
person-nothing = کچھ نہیں بدلا گیا۔
person-changed = اس دوران نیا:
person-history = تاریخچہ
person-back = تلاش پر واپس
person-empty = معلوم نہیں
person-gone = یہاں کوئی نہیں۔ شاید پتہ پرانا ہے۔

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
history-by = { $who }، { $desk }
history-at = { $desk }
history-coordinator = کوآرڈینیٹر

today-title = آج
today-count = { $count ->
    [0] ابھی کوئی نہیں
    [one] { $count } شخص
   *[other] { $count } افراد
  }
today-by = کس نے
today-nobody = نام نہیں چنا گیا
today-empty = آج اس ڈیسک پر جن کا اندراج ہوگا وہ یہاں نظر آئیں گے۔
today-more = { $count ->
    [one] { $count } پہلے والا یہاں نہیں دکھایا گیا۔
   *[other] { $count } پہلے والے یہاں نہیں دکھائے گئے۔
  }
today-print = یہ فہرست چھاپیں

labels-title = لیبل
labels-again = دوبارہ چھاپنے ہیں
labels-again-why = ان افراد کا نمبر بدل گیا ہے۔ نیا لیبل چھاپیں اور پرانا واپس لیں۔
labels-new = نیا لیبل چھاپیں
labels-old = پرانا نمبر: { $number }
labels-unprinted = ابھی نہیں چھپے
labels-none = تمام لیبل چھپ چکے ہیں۔
labels-print = { $count ->
    [one] { $count } لیبل چھاپیں
   *[other] { $count } لیبل چھاپیں
  }
labels-out = کیا نیا لیبل نکل آیا؟
labels-yes = جی ہاں، نکل آیا
labels-no = نہیں، دوبارہ چھاپیں

sheet-title = کاغذ کے لیے نمبر
sheet-why = اُس دن کے لیے جب یہ کمپیوٹر خراب ہو: اس ڈیسک کے 50 نمبر، ہر ایک اپنے لیبل اور لکھنے کی جگہ کے ساتھ۔ ابھی چھاپ کر ڈیسک پر رکھیں۔ بعد میں کاغذ پر لکھے گئے افراد کا اندراج کریں۔
sheet-how = ہر فرد کو اُس کے اپنے نمبر کے ساتھ، وقت سمیت لکھیں۔ ایک نمبر کبھی دو افراد کو نہ دیں۔ کمپیوٹر چلنے پر ان کا اندراج کریں۔
sheet-take = اگلے 50 نمبر چھاپیں
sheet-again = دوبارہ چھاپیں
sheet-another = مزید 50 نمبر لیں
sheet-reprint = یہ کاغذ دوبارہ چھاپیں
sheet-none = ابھی کوئی کاغذ نہیں چھاپا گیا۔
sheet-left = { $count ->
    [0] سب کا اندراج ہو چکا
    [one] { $count } کا اندراج باقی
   *[other] { $count } کا اندراج باقی
  }
sheet-type-in = خالی۔ یہاں لکھے گئے فرد کا اندراج کریں
sheet-number = کاغذ پر نمبر:
refused-mrn_conflict = اس نمبر پر پہلے ہی کسی کا اندراج ہے۔ کاغذ دوبارہ دیکھیں۔

clerk-label = کلرک
clerk-none = اپنا نام چنیں
clerk-title = یہاں کون کام کر رہا ہے؟
clerk-type = آپ کا نام
clerk-why = آپ کا نام آپ کے اندراج اور تصحیح کے ساتھ لکھا جاتا ہے۔
clerk-save = یہ میں ہوں
clerk-nobody = کوئی نہیں
clerk-other = کوئی اور نام
clerk-pin-wanted = اپنا پن لکھیں
pin-of = پن:
pin-without = پن کے بغیر
pin-back = کوئی اور نام
pin-wrong = { $seconds ->
    [0] یہ پن درست نہیں۔ دوبارہ کوشش کریں۔
    *[other] یہ پن درست نہیں۔ اگلی کوشش { $seconds } سیکنڈ بعد ہو سکے گی۔
 }
pin-delayed = پن کئی بار غلط لکھا گیا۔ { $seconds } سیکنڈ انتظار کریں، پھر کوشش کریں۔ اس دوران پن کے بغیر کام جاری رکھ سکتے ہیں۔
pin-not-now = پن ابھی جانچا نہیں جا سکتا۔ اس کے بغیر کام جاری رکھیں؛ نام پر چنا گیا لکھا جائے گا۔

draft-title = شروع کیے گئے، درج نہیں ہوئے
draft-on = جاری رکھیں
draft-drop = پھینک دیں
draft-unnamed = بغیر نام

person-same = یہ وہی شخص ہے …
same-title = وہی شخص
same-why = فیصلہ منتظم کرے گا۔ تب تک دونوں نمبر چلتے ہیں، اور بعد میں بھی دونوں درست رہتے ہیں۔
same-find = دوسرے اندراج کا نمبر یا نام
same-both = دونوں اندراج
same-two-people = منتظم فیصلہ کر چکا ہے کہ یہ دو افراد ہیں۔ صرف تب پوچھیں جب آپ کو بہتر معلوم ہو۔
same-stays = آئندہ کون سا نمبر چلے؟
same-reason = آپ کو کیسے معلوم ہے؟
same-ask = منتظم سے پوچھیں
same-asked = منتظم سے پوچھ لیا گیا ہے۔ نتیجہ نیچے نظر آئے گا۔
requests-title = کیا پوچھا گیا
request-merge = وہی شخص
request-unmerge = وہی شخص نہیں ہے
request-void = غلطی سے اندراج ہوا
request-unvoid = غلطی نہیں تھی
request-two-people = دو افراد
request-maybe-one = شاید ایک ہی شخص
request-state-waiting = انتظار میں
request-state-done = ہو گیا
request-state-refused = منظور نہیں ہوا
request-answer = { $who } کا جواب:
