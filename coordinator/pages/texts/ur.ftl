# منتظم کے صفحات کی عبارتیں

board-title = { $view } · { $facility }
board-skip = مواد پر جائیں
page-unreachable = مرکز جواب نہیں دے رہا۔ جو نظر آ رہا ہے وہ آخری حالت ہے۔ اگر ایک منٹ میں جواب نہ آئے تو اس کا کمپیوٹر دیکھیں۔

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

refused-other = پروگرام نے انگریزی میں یہ کہا: { $detail }
refused-range_overlap = یہ نمبر نہیں دیے جا سکتے: یہ کسی اور سلسلے کے ہیں، یا پہلے دیے جا چکے ہوں۔ دوسرے نمبر چنیں۔ انگریزی میں: { $detail }
refused-bad_pool = نئے سلسلوں کے لیے یہ نمبر نہیں ہو سکتے۔ دوسرے نمبر بتائیں۔ انگریزی میں: { $detail }
refused-cannot_merge = کچھ نہیں بدلا: یہ دونوں ضم نہیں ہو سکتے۔ دونوں اندراج دوبارہ دیکھیں۔ انگریزی میں: { $detail }
refused-cannot_resolve = یہ فیصلہ اس تنازعے پر نہیں ہو سکتا۔ اسے دوبارہ دیکھیں۔ انگریزی میں: { $detail }
refused-bad_terminal_code = ٹرمینل کا کوڈ 1 سے 50 حروف، ہندسوں، - اور _ کا ہوتا ہے، صرف ہندسوں کا نہیں۔ انگریزی میں: { $detail }
refused-bad_expiry = کلید اس وقت ختم نہیں ہو سکتی۔ آنے والا وقت بتائیں، یا خالی چھوڑیں۔ انگریزی میں: { $detail }
refused-desks_behind = کچھ ڈیسک پر شاید پرانا سافٹ ویئر ہے جو یہ نمبر نہیں چھاپ سکتا۔ پہلے ان پر نیا لگائیں۔ انگریزی میں: { $detail }
refused-backup_place_unusable = بیک اپ اس فولڈر میں نہیں جا سکتے۔ ایسا فولڈر بتائیں جو موجود ہو اور جس میں مرکز لکھ سکے۔ انگریزی میں: { $detail }
refused-bad_clerk = کلرکوں کی فہرست نہیں بدلی۔ انگریزی میں: { $detail }
refused-not_correctable = اس اندراج کی تصحیح یہاں نہیں ہو سکتی: سافٹ ویئر اسے نہیں پڑھ سکتا۔ انگریزی میں: { $detail }
refused-bad_csv = یہ فائل نہیں پڑھی جا سکتی۔ انگریزی میں: { $detail }
refused-mistyped_number = یہ نمبر غلط لکھا گیا۔ کارڈ سے دوبارہ پڑھیں۔ انگریزی میں: { $detail }
refused-not_found = یہ اب موجود نہیں۔ فہرست دوبارہ دیکھیں۔
refused-pool_closed = نمبروں کا یہ ذخیرہ ہمیشہ کے لیے بند ہے، کیونکہ بحالی وقت سے پہلے ختم کی گئی۔ نئے سلسلوں کے لیے دوسرے نمبر بتائیں۔
refused-pool_used_up = نئے سلسلوں کے نمبر ختم ہو گئے۔ ”نمبر“ کے صفحے پر مزید بتائیں۔
refused-terminal_inactive = یہ ٹرمینل بند ہے، اسے سلسلہ نہیں ملتا۔ پہلے اسے چلائیں۔
refused-terminal_ended = اس ٹرمینل کا کام ہمیشہ کے لیے ختم ہو چکا۔ نئے کمپیوٹر کو اس کی جگہ دیں، یا دوسرا کوڈ چنیں۔
refused-terminal_has_no_node = ابھی کوئی کمپیوٹر اس ٹرمینل کے طور پر کام نہیں کرتا، اس لیے سلسلہ کوئی استعمال نہ کر سکے گا۔ پہلے ایک کو شامل کریں۔
refused-conflict_decided = اس دوران کسی نے فیصلہ کر دیا۔ وہ فیصلہ دیکھیں؛ بدلنا ہو تو پہلے اسے واپس لیں۔
refused-too_many_webhooks = ویب ہُک اپنی حد تک پہنچ گئے۔ جس کی ضرورت نہیں اسے ہٹائیں۔
refused-key_unknown = ایسی کوئی کلید اب نہیں۔ فہرست دوبارہ دیکھیں۔
refused-user_unknown = ایسا کوئی صارف اب نہیں۔ فہرست دوبارہ دیکھیں۔
refused-next_authority_there = اتھارٹی پہلے ہی بدلی جا رہی ہے۔ پہلے اسے مکمل کریں۔
refused-no_next_authority = اتھارٹی بدلی نہیں جا رہی۔ پہلے اسے شروع کریں۔
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

# کون جڑا ہوا ہے

map-title = کون کس سے جڑا ہے
map-list = فہرست کی صورت
map-alone = جڑا ہوا نہیں
map-hub = مرکز

# ٹرمینل

desks-count = { $all } میں سے { $live } جڑے ہوئے
desks-enrol-again = جس چابی سے ڈیسک مرکز کو پہچانتے ہیں وہ بدل گئی۔ { $all } میں سے { $done } ڈیسک دوبارہ شامل ہو چکے۔ باقی ہر ایک کے لیے کوڈ بنائیں، اور اس ڈیسک پر لکھیں:
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

# روابط

nav-group-rights = لوگ اور پروگرام
nav-group-upkeep = دیکھ بھال
nav-pool = نمبر
nav-clerks = کلرک
clerks-what = کلرک ڈیسک پر اپنا نام چنتے ہیں؛ ان کے کام کے ساتھ یہی نام رہتا ہے۔
clerks-none = فہرست میں ابھی کوئی نہیں، اس لیے کلرک ڈیسک پر اپنا نام لکھتے ہیں۔
clerks-typing = دوسرے نام
clerks-typing-hint = جو نام لکھا جائے اس پر یہ نشان رہتا ہے کہ لکھا گیا۔
clerks-typing-yes = ڈیسک پر لکھے جا سکتے ہیں
clerks-typing-no = جہاں نام چنے جا سکتے ہیں وہاں نہیں لکھے جا سکتے
clerk-add = کلرک شامل کریں
clerk-name = نام
clerk-where = کہاں کام کرتے ہیں
clerk-all-desks = تمام ڈیسک
clerk-some-desks = کچھ ڈیسک
clerk-no-desk = کوئی ڈیسک نہیں
clerk-desks = ڈیسک
clerk-pin = پن، اگر چاہیں
clerk-new-pin = نیا پن
clerk-pin-hint = 4 سے 12 ہندسے۔ ڈیسک اسے پوچھتا ہے، نیٹ ورک کے بغیر بھی۔
clerk-has-pin = پن کے ساتھ
clerk-pin-lost = پن دوبارہ مقرر کریں
clerk-no-pin = پن ہٹا دیں
clerk-no-pin-what = پھر یہ نام پن کے بغیر چنا جا سکے گا۔
clerk-remove = ہٹائیں
clerk-remove-what = یہ نام اب کسی ڈیسک پر نہیں چنا جا سکے گا۔ جو کام اس نام سے ہوا اس پر نام رہے گا۔
refused-bad_pin = 4 سے 12 ہندسے چنیں جو سب ایک جیسے نہ ہوں اور نہ بڑھتے یا گھٹتے ہوں۔
nav-users = صارفین
nav-keys = API چابیاں
nav-audit = کیا کیا گیا
nav-backups = بیک اپ
nav-webhooks = ویب ہُک
nav-settings = ترتیبات
nav-guide = پہلے قدم
form-save = محفوظ کریں

# پہلی شروعات

first-title = پہلی شروعات
first-why = ابھی یہاں کوئی اندر نہیں آ سکتا۔ آپ پہلے منتظم بنیں گے۔
first-secret = پہلی شروعات کا راز
first-secret-hint = mrnmesh-coordinator init نے یہ دکھایا ہے؛ mrnmesh-coordinator setup-secret نیا بناتا ہے۔
first-name = آپ کا نام
first-act = شروع کریں
refused-setup_secret_wrong = یہ پہلی شروعات کا راز نہیں۔ دوبارہ لکھیں، یا نیا بنائیں: mrnmesh-coordinator setup-secret
refused-setup_done = صارف پہلے سے موجود ہے۔ اندر آئیں۔
refused-setup_elsewhere = پہلا صارف مرکز کے اپنے کمپیوٹر پر بنتا ہے۔ یہ صفحہ وہاں کھولیں۔
refused-bad_user_name = یہ نام نہیں چل سکتا: حروف، ہندسے، خالی جگہ اور . - _ ' لیں
refused-name_taken = یہ نام کسی اور کا ہے۔ دوسرا لیں۔
refused-last_administrator = پھر کوئی منتظم نہ رہے گا۔ پہلے کسی اور کو منتظم بنائیں۔
guide-title = پہلے قدم
guide-steps = قدم
guide-facility = کلینک
guide-pool = نمبر
guide-desk = پہلا ڈیسک
guide-import = پچھلا رجسٹر
guide-backup = بیک اپ
guide-why-facility = یہ نام صفحات کے اوپر اور رپورٹوں پر آتا ہے۔ اسے کبھی بھی بدلا جا سکتا ہے۔
guide-why-pool = ہر ڈیسک کو اپنے نمبر ملتے ہیں، اس وقت کے لیے جب نیٹ ورک نہ ہو۔ وہ یہاں سے آتے ہیں۔ ایسے نمبر چنیں جو کوئی اور نہ دیتا ہو۔
guide-why-desk = کوڈ ایک کمپیوٹر کو ایک بار اندر آنے دیتا ہے۔ یہاں بنائیں، اور اُس کمپیوٹر پر لکھیں جو ڈیسک بنے گا۔
guide-why-import = پچھلے نظام کے مریض اپنے نمبر رکھتے ہیں۔ پچھلا نظام نہ ہو تو آگے بڑھیں۔
guide-why-backup = ہر رات بیک اپ بنتا ہے۔ اس کے لیے دوسری ڈسک بہترین جگہ ہے۔
guide-next = آگے
guide-later = بعد میں
guide-skip = ایسے ہی رہنے دیں
guide-finish = مکمل

# ڈیسک کو اندر لینا

desks-add = ٹرمینل شامل کریں
enrol-title = { $code } کے لیے کوڈ
enrol-title-new = ٹرمینل شامل کریں
enrol-code = ٹرمینل کا کوڈ
enrol-code-hint = انگریزی حروف، ہندسے اور ہائفن، جیسے LAB1-PC۔ یہ وہاں کے ہر ریکارڈ میں آتا ہے۔
enrol-name = لوگ اسے کیا کہتے ہیں
enrol-name-hint = ضروری نہیں
enrol-valid = کوڈ کی مدت
enrol-hours = { $count ->
    [one] 1 گھنٹہ
   *[other] { $count } گھنٹے
 }
enrol-passphrase = اتھارٹی کا پاس فریز
enrol-more = مزید
enrol-host = اس کمپیوٹر کا پتا
enrol-host-hint = وہ نام یا پتا جس سے ڈیسک اس تک پہنچتے ہیں، اگر کئی ہوں
enrol-act = کوڈ بنائیں
enrol-type = اُس کمپیوٹر پر لکھیں جو { $code } بنے گا۔ یہ ایک بار، { $time } تک، چلتا ہے، اور صرف ابھی دکھایا جا رہا ہے۔
enrol-qr = کوڈ، کیمرے کے لیے
enrol-command = کوڈ کے ساتھ حکم
enrol-address = ڈیسک مرکز کو { $address } پر ڈھونڈتا ہے۔
enrol-file = یہ مرکز تک کبھی نہیں پہنچتا
enrol-file-first = ایسا ڈیسک دو فائلوں سے شامل ہوتا ہے۔ یہ ڈیسک پر اس کے ٹرمینل کے کوڈ کے ساتھ لکھیں: وہ پہلی فائل بناتا ہے اور جانچ کا کوڈ دکھاتا ہے۔
enrol-file-request = ڈیسک کی فائل
enrol-file-check = جانچ کا کوڈ
enrol-file-check-hint = 17 حروف جو ڈیسک نے فائل کے ساتھ دکھائے۔
enrol-file-act = شامل کریں
enrol-file-done = { $code } شامل ہو گیا۔ فائل اس تک واپس لے جائیں۔
enrol-file-save = { $name } محفوظ کریں
enrol-file-then = یہ ڈیسک پر لکھیں، اُس فولڈر میں جہاں فائل ہے:
enrol-file-back = ڈیسک اس فائل کا جانچ کا کوڈ پوچھتا ہے:
refused-wrong_check = جانچ کا کوڈ اس فائل کا نہیں۔ ڈیسک سے دوبارہ پڑھیں، یا وہ فائل چنیں جو ڈیسک نے بنائی۔
refused-wrong_file = یہ وہ فائل نہیں جو ڈیسک نے مرکز کے لیے بنائی۔
refused-enrol_terminal_taken = اس ٹرمینل کے طور پر دوسرا کمپیوٹر کام کر رہا ہے۔ اگر یہ اس کی جگہ لیتا ہے تو پہلے بتائیں کہ وہ بدلا گیا۔
refused-enrol_proof_wrong = یہ فائل اُس کمپیوٹر نے نہیں بنائی جس کا نام اس میں ہے۔ ڈیسک پر دوبارہ بنائیں۔
refused-key_withdrawn = یہ کمپیوٹر اب شامل نہیں۔ اسے نئے فولڈر میں نئے سرے سے لگائیں۔
enrol-same = اس ٹرمینل کا کمپیوٹر موجود ہے: کوڈ صرف وہیں چلے گا۔ اگر دوسرا کمپیوٹر اس کی جگہ لے تو پہلے بتائیں کہ وہ بدلا گیا۔
enrol-only-here = مرکز صرف اپنے کمپیوٹر کے ڈیسک لیتا ہے۔ دوسروں کے لیے اس کی ترتیبات میں sync_listen کو 0.0.0.0:8471 کریں اور دوبارہ چلائیں۔
enrol-waiting = ڈیسک کا انتظار ہے
enrol-done = { $code } جڑ گیا ہے اور کام کے لیے تیار ہے۔

# ایک ٹرمینل

desk-back = تمام ٹرمینل
desk-acts = کیا کیا جا سکتا ہے
desk-act-enrol = کوڈ بنائیں
desk-act-grant = نمبر دیں
desk-act-rename = نام بدلیں
desk-act-deactivate = غیر فعال کریں
desk-act-activate = فعال کریں
desk-act-allow = زیادہ کی اجازت
desk-act-token = اس کے پروگراموں کے لیے ٹوکن
desk-act-replaced = کمپیوٹر بدلیں
desk-act-retired = ریٹائر کریں
desk-act-revoked = منسوخ کریں
desk-name-label = نام
desk-line-label = رابطہ
desk-address-label = پتا
desk-version-label = ورژن
desk-clock-label = گھڑی
desk-waiting-label = تصدیق کے منتظر
clock-right = درست
desk-numbers = بغیر نیٹ ورک کے وقت کے نمبر
desk-no-ranges = اس کے اپنے کوئی نمبر نہیں۔
desk-show-closed = بند سلسلے دکھائیں
range-granted = دیا گیا { $day }
fixed-by_coordinator = مرکز نے بند کیا۔
fixed-use_unknown = یہاں معلوم نہیں کہ کہاں تک استعمال ہوا۔
fixed-copy_of_coordinator = مرکز کی ایک پرانی نقل اسے استعمال کر چکی ہے۔
fixed-copy_of_desk = یہ اس ڈیسک کی ایک پرانی نقل کو دیا گیا تھا۔
fixed-copy_of_database = اس کمپیوٹر کے ڈیٹا کی ایک پرانی نقل اسے استعمال کر چکی ہے۔
fixed-copy_of_machine = اس کمپیوٹر کی ایک نقل اسے استعمال کر چکی ہے۔
fixed-handed_over = یہ ڈیسک کے اپنے پروگرام کے حوالے کیا گیا۔
fixed-clients_supply = اس ٹرمینل کے پروگرام اپنے نمبر خود دیتے ہیں۔
fixed-coordinator_restored = مرکز بیک اپ سے بحال کیا گیا۔
fixed-terminal_replaced = اس ٹرمینل کی جگہ دوسرے کمپیوٹر نے لے لی۔
fixed-terminal_retired = یہ ٹرمینل ہمیشہ کے لیے بند کیا گیا۔
fixed-terminal_revoked = یہ ٹرمینل منسوخ کیا گیا۔
fixed-deleted = اسے ایک پروگرام نے حذف کیا۔
fixed-older = اس کا ڈیٹا ان نمبروں سے پرانا ہے جو یہ دے چکا ہے۔
fixed-other_past = اس کا ڈیٹا اور وہ فائل جو دیے گئے نمبر بتاتی ہے الگ الگ نقلوں یا وقتوں کے ہیں۔
fixed-no_witness = وہ فائل جو دیے گئے نمبر بتاتی ہے موجود نہیں، یا کسی دوسرے کمپیوٹر کی ہے۔
fixed-lost_records = ایک ڈیسک کے پاس وہ اندراج ہیں جو اس مرکز نے لکھے اور کھو دیے۔
fixed-restored = اسے { $made } کے بیک اپ سے بحال کیا گیا۔
desk-salvage = اگر کمپیوٹر خراب ہو: کیا لکھنا ہے
desk-none-closed = کوئی سلسلہ بند نہیں ہوا۔
desk-rate = حال میں روزانہ { $count }
grant-title = نمبر دیں
grant-range = سلسلہ
grant-hint = ذخیرے کے اگلے سلسلے کے لیے خالی چھوڑیں۔
grant-act = دیں
grant-allocator = یہ نمبر کون دے
grant-by-node = ڈیسک، نیٹ ورک کے بغیر بھی
grant-by-coordinator = مرکز، جب پروگرام اس سے مانگیں
never-granted = آپ جانتے ہیں کہ یہ نمبر کبھی کسی کو نہیں ملے
never-granted-hint = بحالی کے بعد اس کے بغیر کوئی نمبر نہیں لیے جاتے، کیونکہ شاید کچھ بھلا دیے گئے ہوں (⁦--never-granted⁩)۔
deactivate-title = { $code } کو غیر فعال کریں
deactivate-what = یہ کچھ عرصہ نمبر نہیں دے گا۔ ڈیٹا کا تبادلہ جاری رہتا ہے، اور اسے دوبارہ فعال کیا جا سکتا ہے۔
deactivate-why-hint = ٹرمینل کے ساتھ رکھی جاتی ہے۔ خالی چھوڑی جا سکتی ہے۔
rename-title = نام بدلیں
rename-name = لوگ اسے کیا کہتے ہیں
allow-why = ٹرمینل کو ایک دن میں اتنے ہی نمبر ملتے ہیں جتنے ایک ڈیسک کو چاہییں۔ مہم کے لیے زیادہ ہو سکتے ہیں۔ یہی اس پر بھی لاگو ہے کہ وہاں کتنے پن بدلے جا سکتے ہیں اور اس کے ریکارڈ کتنی بار واپس رکھے جا سکتے ہیں۔
allow-days = کتنے عرصے کے لیے
allow-for = { $count ->
    [0] اب نہیں
    [one] 1 دن کے لیے
   *[other] { $count } دن کے لیے
 }
token-why = ٹوکن سے کوئی پروگرام اس ٹرمینل کے نام پر اندراج کرتا ہے۔ پچھلا ٹوکن ختم ہو جاتا ہے۔
token-act = ٹوکن بنائیں
end-title-replaced = { $code } کا کمپیوٹر بدلیں
end-title-retired = { $code } کو ریٹائر کریں
end-title-revoked = { $code } کو منسوخ کریں
end-for-good = یہ واپس نہیں ہو سکتا۔ یہ ہو گا:
end-connected = وہ ابھی جڑا ہوا ہے؛ یہ فوراً ختم ہو گا۔
end-away = وہ ابھی جڑا ہوا نہیں۔
end-ranges = { $ranges ->
    [one] 1 سلسلہ بند ہو گا، جس کے { $numbers } نمبر کسی کو نہیں ملیں گے۔
   *[other] { $ranges } سلسلے بند ہوں گے، جن کے { $numbers } نمبر کسی کو نہیں ملیں گے۔
 }
end-keys = { $count ->
    [one] اس کی 1 API چابی ختم ہو گی۔
   *[other] اس کی { $count } API چابیاں ختم ہوں گی۔
 }
end-disk = جو اس نے درج کیا اور ابھی نہیں بھیجا وہ خود نہیں آئے گا: اسے اس کی ڈسک سے لائیں (mrnmesh-coordinator terminals salvage)۔
end-refused = جو اس نے درج کیا اور ابھی نہیں بھیجا وہ رد ہو گا، جب تک آپ ہر شخص کا فیصلہ نہ کریں۔
end-unheard = جس ڈیسک نے یہ نہیں سنا وہ اس پر بھروسا کرتا رہے گا جب تک کسی سننے والے سے نہ ملے۔
end-next = اس کے بعد نئے کمپیوٹر کے لیے یہاں کوڈ بنائیں۔
end-why = وجہ
# صارفین

user-add = صارف شامل کریں
user-role = کردار
role-may-administrator = سب کچھ کر سکتا ہے
role-may-registrar = لوگوں کا اندراج اور تصحیح کر سکتا ہے، اور رجسٹر دیکھ سکتا ہے
role-may-reader = رجسٹر دیکھ سکتا ہے
user-since = { $day } سے
user-disabled = بند
user-you = آپ
user-change = بدلیں
user-change-of = { $name } کو بدلیں
user-password = پہلا پاس ورڈ
user-new-password = نیا پاس ورڈ
user-password-ends = موجودہ رکھنے کے لیے خالی چھوڑیں۔ نیا پاس ورڈ اس صارف کو ہر جگہ سے باہر کر دیتا ہے۔
user-active = اندر آ سکتا ہے
user-active-yes = ہاں
user-active-no = نہیں

# چابیاں

keys-why = پروگرام چابی سے مرکز کو پکارتے ہیں۔ ہر پروگرام کو اپنی چابی دیں جو ضرورت سے زیادہ نہ کر سکے۔
keys-over = { $count ->
    [one] 1 چابی جو اب کام کی نہیں
   *[other] { $count } چابیاں جو اب کام کی نہیں
 }
key-add = چابی بنائیں
key-withdraw = واپس لیں
key-withdraw-of = { $name } واپس لیں
key-withdraw-what = جس پروگرام کے پاس یہ چابی ہے وہ اب سے روکا جائے گا۔
key-used = آخری استعمال { $time }
key-unused = کبھی استعمال نہیں ہوئی
key-expires = { $time } تک
key-withdrawn = { $time } کو واپس لی گئی
key-name = نام
key-name-hint = پروگرام جسے یہ ملے گی
key-scope = اجازت
scope-read = رجسٹر دیکھنا
scope-register = ایک ٹرمینل کے لیے اندراج
scope-conflicts = تنازعات کا فیصلہ
scope-metrics = پیمائشیں پڑھنا
scope-administer = سب کچھ
key-terminal = ٹرمینل
key-until = کب تک
key-until-hint = خالی: جب تک واپس نہ لی جائے
key-make = چابی بنائیں
key-once = یہ صرف ایک بار دکھائی جاتی ہے اور کہیں محفوظ نہیں۔ ابھی نقل کر لیں۔
key-secret = چابی

# ذخیرہ

pool-closed = یہ ذخیرہ ہمیشہ کے لیے بند ہے، کیونکہ مرکز پچھلی حالت پر لایا گیا۔ نیا مقرر کریں، ان نمبروں کا جو کبھی کسی کو نہیں ملے۔
pool-range = نئے سلسلوں کے نمبر
pool-range-hint = پہلا اور آخری، جیسے ⁦1000000-9999999⁩۔ کوئی اور نظام یہ نمبر نہ دے۔
pool-block = ایک سلسلے کے نمبر
pool-block-hint = ٹرمینل کو ایک بار میں اتنے ملتے ہیں
pool-next = اگلا سلسلہ:
pool-empty = کوئی خالی سلسلہ باقی نہیں۔
pool-is-on = 80 % استعمال ہونے پر ٹرمینل کو خود نیا سلسلہ ملتا ہے۔
pool-is-off = ٹرمینل کو خود سے کوئی سلسلہ نہیں ملتا۔
pool-switch-off = بند کریں
pool-switch-on = چالو کریں
pool-held = { $ranges ->
    [one] 1 کھلا سلسلہ، { $numbers } نمبر باقی
   *[other] { $ranges } کھلے سلسلے، { $numbers } نمبر باقی
 }

# بیک اپ

backup-make = ابھی بیک اپ بنائیں
backup-running = بیک اپ بن رہا ہے۔
backup-failed = { $time } کا بیک اپ ناکام رہا۔
backup-last = آخری بیک اپ: { $time }
backup-people = { $count } لوگ
backup-none = ابھی کوئی بیک اپ نہیں۔
backup-nightly = ہر رات 02:00 بجے بیک اپ بنتا ہے۔
backup-by-hand = رات کو بیک اپ نہیں بنتا: ترتیبات کی فائل میں ایسا لکھا ہے۔
rescue-title = اگر کوئی کمپیوٹر خراب یا گم ہو جائے
rescue-why = یہ صفحہ خود کچھ نہیں کرتا: ہر سطر اُس کمپیوٹر پر لکھی جاتی ہے جو اس کے اوپر بتایا گیا ہے۔ جب تک سب لوگ واپس نہ آ جائیں، ہر پرانی ڈسک اور ڈیٹا کا فولڈر سنبھال کر رکھیں۔
rescue-command = لکھنے کی کمانڈ
rescue-here = مرکز کے کمپیوٹر پر:
rescue-hub = مرکز کا کمپیوٹر
rescue-hub-first = بیک اپ اسے واپس لاتا ہے، اسی کمپیوٹر پر یا اسی سافٹ ویئر والے نئے کمپیوٹر پر۔ اگر ڈیٹا کا فولڈر { $folder } موجود ہو تو پہلے اس کا نام بدلیں۔
rescue-hub-at = اُس کمپیوٹر پر جو مرکز بنے گا:
rescue-fill = FILE سب سے نیا بیک اپ ہے: { $file }
rescue-fill-key = KEY بحالی کی چابی ہے، کاغذ پر لکھی ہوئی۔
rescue-hub-then = پھر اس کا پروگرام چلائیں۔ وہ انتظار کرتا ہے کہ سب ڈیسک اس سے ملیں: انہیں چلائیں۔ ڈیسک اس دوران اندراج جاری رکھتے ہیں۔ پرانے فولڈر میں جو باقی ہے وہ لے آئیں: mrnmesh-coordinator salvage۔
rescue-check-at = یہ دیکھنے کے لیے کہ بیک اپ درست ہے، کچھ بدلے بغیر:
rescue-disk = خراب ڈیسک کی ڈسک
rescue-disk-first = جن لوگوں کا اندراج اس نے کیا اور بھیج نہ سکا، وہ اس کی ڈسک پر ہیں۔ ٹرمینل منسوخ کرنے سے پہلے ڈسک کو مرکز کے کمپیوٹر سے جوڑیں۔
rescue-disk-of = ٹرمینل
rescue-disk-fill = FOLDER اُس ڈسک پر ڈیٹا کا فولڈر ہے، یا ڈیسک کا بیک اپ۔ ڈسک نہیں بدلتی، اور کمانڈ دوبارہ لکھی جا سکتی ہے۔
rescue-desk = ڈیسک کا کمپیوٹر
rescue-desk-first = اگر مرکز کے پاس سب کچھ ہے تو ٹرمینل کے صفحے سے نئے کمپیوٹر کو اس کی جگہ دیں۔ ڈیسک کا بیک اپ تب کام آتا ہے جب اس نے آف لائن کام کیا ہو۔
rescue-desk-at = ڈیسک کے نئے کمپیوٹر پر:
rescue-desk-then = پھر اس کا پروگرام چلائیں، اور پرانی نقل اس کے ساتھ کبھی نہیں۔
cause-disk-full = ڈسک بھر گئی ہے
cause-read-only = ڈسک صرف پڑھی جا سکتی ہے
cause-disk-fails = ڈسک خراب ہے یا موجود نہیں
cause-forbidden = اس صارف کو اسے استعمال کرنے کی اجازت نہیں
cause-missing = ایسی کوئی فائل یا فولڈر نہیں
cause-in-use = دوسرا پروگرام اسے استعمال کر رہا ہے
cause-nobody = وہاں کوئی پروگرام جواب نہیں دیتا
cause-ended = دوسری طرف نے رابطہ ختم کر دیا
cause-late = وقت پر جواب نہیں آیا
cause-no-way = نیٹ ورک وہاں تک نہیں جاتا
cause-no-name = اس نام کا کوئی کمپیوٹر معلوم نہیں
backup-place = بیک اپ کی جگہ
backup-folder = فولڈر
backup-folder-hint = مرکز کے کمپیوٹر پر۔ دوسری ڈسک بہتر ہے۔

# ویب ہُک

hooks-why = رجسٹر کی تبدیلیاں دستخط کے ساتھ ان پتوں پر بھیجی جاتی ہیں۔
hooks-none = ابھی کوئی پتا نہیں۔
hook-add = پتا شامل کریں
hook-url = پتا
hook-url-hint = https، یا اسی کمپیوٹر پر http
hook-begin = کیا بھیجا جائے
hook-begin-hint = اگر وہاں کے پروگرام کو سب لوگ چاہییں تو پہلی تبدیلی سے شروع کریں۔
hook-from-now = اب سے ہونے والی تبدیلیاں
hook-from-first = تمام تبدیلیاں، پہلی سے
hook-delivered = سب پہنچ چکا
hook-behind = { $count ->
    [one] 1 تبدیلی ابھی نہیں پہنچی
   *[other] { $count } تبدیلیاں ابھی نہیں پہنچیں
 }
hook-failing = { $time } سے ناکام:
hook-remove = ہٹائیں
hook-remove-of = { $url } ہٹائیں
hook-remove-what = وہاں اب کچھ نہیں بھیجا جائے گا۔
hook-once = وہاں کا پروگرام اس راز سے جانچتا ہے کہ بھیجی گئی چیز اصلی ہے۔ یہ صرف ایک بار دکھایا جاتا ہے۔
hook-secret = راز

# ترتیبات

facility-name = کلینک کا نام
facility-hint = جیسے صفحات کے اوپر آئے
settings-file = پتے، سرٹیفکیٹ اور وقت کا علاقہ coordinator.toml فائل میں ہیں، اور دوبارہ چلانے پر لاگو ہوتے ہیں۔
settings-version = ورژن { $version }، وقت کا علاقہ { $zone }

# conflicts

nav-conflicts = تنازعات
nav-duplicates = دہرے اندراج
nav-reports = رپورٹیں
nav-ledger = نمبروں کا کھاتہ
nav-alerts = الارم
list-pages = فہرست کے صفحے
list-page = صفحہ { $page } از { $last }
list-before = پچھلا
list-after = اگلا
conflicts-which = کون سے تنازعات
conflicts-open = کھلے
conflicts-decided = طے شدہ
conflicts-none = کوئی نہیں۔
conflict-look = دیکھیں
conflict-look-at = { $mrn } دیکھیں
conflict-duplicate_mrn = دو افراد اس نمبر کے دعوے دار ہیں۔
conflict-outside_range = ڈیسک کو یہ نمبر دینے کا حق نہیں تھا۔
conflict-duplicate_record = یہ ریکارڈ دو بار درج ہوا۔
conflict-revoked = یہ ایسے کمپیوٹر سے آیا جس پر اب اعتبار نہیں۔
conflict-malformed = یہ اندراج پڑھا نہیں جا سکتا۔
conflict-double_verdict = دو افراد کو اسی نمبر کے ساتھ تصدیق ملی۔
conflict-is-open = فیصلہ باقی
conflict-is-decided = طے شدہ
conflict-claims = جس کا نمبر نامنظور ہوا
conflict-has = جس کے پاس نمبر ہے
conflict-card = { $desk } نیا کارڈ { $mrn } چھاپے برائے
conflict-decide = فیصلہ
conflict-what = کیا کرنا ہے
conflict-why = وجہ
conflict-why-hint = بعد میں فیصلہ کرنے والا یہ پڑھے گا، مثلاً: دونوں کارڈ دیکھے
conflict-do = یہ فیصلہ کریں
conflict-undo = فیصلہ واپس لیں
conflict-history = کیا طے ہوا
conflict-in-force = نافذ
act-assign = جس کا نمبر نامنظور ہوا اسے نیا نمبر
act-assign-what = جس کے پاس نمبر ہے اسی کا رہے گا۔ دوسرے کو نیا نمبر اور نیا کارڈ ملے گا۔
act-award = نمبر اسے جس کا نمبر نامنظور ہوا
act-award-what = جس کے پاس اب نمبر ہے اسے نیا نمبر اور نیا کارڈ ملے گا۔
act-merge = یہ ایک ہی شخص ہے
act-merge-what = دونوں نمبر معتبر ریکارڈ تک لے جاتے ہیں۔
act-void = اندراج غلطی تھا
act-void-what = ریکارڈ نشان کے ساتھ رہتا ہے۔ اس کا نمبر کسی کو نہیں ملتا۔
act-reopen = واپس لیا گیا
act-reopen-what = آخری فیصلہ اب معتبر نہیں، اور تنازع پھر کھلا ہے۔ دیا ہوا نیا نمبر دیا ہوا رہتا ہے۔

# two people side by side

person-compared = دو افراد ساتھ ساتھ
person-field = خانہ
person-differs = مختلف
person-mrn = نمبر
person-origin_terminal_code = ٹرمینل
person-created_at = اندراج
person-operator = اندراج کنندہ

# people registered twice

duplicates-why = وہ افراد جو غالباً دو بار درج ہیں۔ کسی کے فیصلے کے بغیر کوئی ضم نہیں ہوتا۔
duplicates-none = کوئی نہیں۔
duplicates-which = کون سے جوڑے
duplicates-open = بغیر فیصلہ
duplicates-dismissed = دو افراد
duplicates-merged = ضم شدہ
grade-certain = یقیناً ایک ہی شخص
grade-probable = غالباً ایک ہی شخص
grade-possible = شاید ایک ہی شخص
duplicate-title = ایک ہی شخص؟
duplicate-later = بعد میں درج
duplicate-earlier = پہلے درج
duplicate-merge = ایک ہی شخص: دونوں ریکارڈ ضم کریں
duplicate-merge-what = دونوں نمبر اس ریکارڈ تک لے جاتے ہیں جو رہتا ہے۔ یہ واپس لیا جا سکتا ہے۔
duplicate-two-people = دو افراد
duplicate-two-people-what = انہیں پھر تجویز نہیں کیا جائے گا۔
duplicate-maybe-one = شاید ایک ہی شخص
duplicate-maybe-one-what = انہیں پھر تجویز اور ضم کیا جا سکتا ہے۔

# alarms

alerts-which = کون سے الارم
alerts-open = جاری
alerts-over = ختم
alerts-none = کوئی نہیں۔
alerts-try = آزمائشی پیغام بھیجیں
alerts-not-set-up = میل سرور طے نہیں: ترتیبات کی فائل میں mail_server دیکھیں۔
alerts-sent = { $channel } سے بھیجا گیا۔
alerts-unsent = { $channel } سے نہیں گیا:
level-alert = انتظار نہیں کر سکتا
level-warning = کل تک انتظار ہو سکتا ہے
alert-since = از
alert-ended = ختم
alert-seen = دیکھنے والا
alert-see = میں دیکھتا ہوں
alert-note = آپ کیا کر رہے ہیں
alert-note-hint = خالی چھوڑا جا سکتا ہے

# reports

report-span = دن
report-days = آخری { $days } دن
report-print = چھاپیں
report-csv-of = { $report } بطور CSV
report-table = بطور جدول
report-registrations = اندراجات
report-outages = رابطے کی بندش
report-reach = باقی نمبر
report-waits = تصدیق تک کا وقت
report-conflicts = تنازعات
report-online = آن لائن
report-offline = آف لائن
report-day = دن
report-terminal = ٹرمینل
report-refused = نامنظور
report-no-outages = کسی ڈیسک کا رابطہ نہیں ٹوٹا۔
report-outages-sum = { $count ->
    [one] ایک بندش، اس دوران { $people } افراد درج ہوئے
   *[other] { $count } بندشیں، اس دوران { $people } افراد درج ہوئے
 }
report-began = از
report-ended = تک
report-lasted = دورانیہ
report-lasts = اب تک
report-cause = کون غائب تھا
report-registered = اس دوران اندراج
report-remaining = باقی
report-per-day = روزانہ
report-used-up = ختم ہونے کا دن
report-never = اندازہ نہیں
report-people = افراد
report-median = ان میں سے آدھے
report-ninety = دس میں سے نو
report-longest = سب
report-reason = وجہ
report-all = کل
report-open = کھلے
cause-desk = ڈیسک
cause-coordinator = کوآرڈینیٹر
span-seconds = { $count } سیکنڈ
span-minutes = { $count } منٹ
span-hours = { $count } گھنٹے

# the ledger

ledger-why = ہر سلسلے اور ہر دن کا ہر نمبر، اور اس کا کیا بنا۔
ledger-none = ابھی کوئی نمبر نہیں۔
ledger-online = آن لائن نمبر
ledger-numbers = نمبر
ledger-count = تعداد
ledger-kind = ان کا کیا بنا
ledger-because = وجہ
space-label = سب سے چھوٹے سے سب سے بڑے تک تمام نمبر، { $count } سلسلے اور ذخیرہ
space-range = سلسلہ
space-used = استعمال شدہ
space-pool = ذخیرہ
space-closed = بند
kind-confirmed = تصدیق شدہ
kind-confirmed-what = یہ ایک شخص کا ہے۔
kind-waiting = منتظر
kind-waiting-what = یہ ایک شخص کا ہے اور تصدیق کا منتظر ہے۔
kind-by_hand = ہاتھ سے
kind-by_hand-what = کوئی پروگرام یا کلرک اسے ساتھ لایا۔
kind-imported = منتقل شدہ
kind-imported-what = یہ پرانے نظام سے ایک شخص کا ہے۔
kind-printed = پرچے پر
kind-printed-what = یہ چھپے ہوئے پرچے پر ہے، اور اس سے کوئی درج نہیں ہوا۔
kind-merged = ضم شدہ
kind-merged-what = یہ معتبر ریکارڈ تک لے جاتا ہے۔
kind-void = غلطی
kind-void-what = اس کا اندراج غلطی تھا۔ یہ کسی کو نہیں ملتا۔
kind-former = سابقہ
kind-former-what = اس کے شخص کو دوسرا نمبر ملا۔
kind-refused = نامنظور
kind-refused-what = یہ نامنظور ہوا، اور کسی اور کا نہیں۔
kind-asked = مانگا گیا
kind-asked-what = آج ایک ڈیسک نے مانگا؛ اس کا شخص ابھی نہیں آیا۔
kind-lapsed = ساقط
kind-lapsed-what = ایک ڈیسک نے مانگا مگر استعمال نہیں کیا۔ یہ کسی کو نہیں ملتا۔
kind-skipped = چھوڑا گیا
kind-skipped-what = نمبر دیتے وقت چھوڑ دیا گیا۔ یہ کسی کو نہیں ملتا۔
kind-earlier = پہلے کا
kind-earlier-what = یہ اس ڈیسک کو سلسلہ ملنے سے پہلے دیا گیا۔
kind-unissued = نہیں دیا گیا
kind-unissued-what = یہ ابھی نہیں دیا گیا۔
kind-closed = بند
kind-closed-what = اس کا سلسلہ پہلے بند ہوا۔ یہ کسی کو نہیں ملتا۔
kind-lost = گم
kind-lost-what = اس کا ڈیسک نہیں رہا، اور اس کے ساتھ کوئی نہیں آیا۔ یہ کسی کو نہیں ملتا۔

# کیا کیا گیا

audit-whole = ریکارڈ پورا ہے: { $count } اندراج، اور کوئی ڈیسک اسے مختلف نہیں جانتا۔
audit-broken = ریکارڈ پورا نہیں، یا ڈیسک اسے کچھ اور جانتے ہیں۔ mrnmesh-coordinator audit verify چلائیں، اور کلینک کے ڈیٹا کے ذمہ دار کو بتائیں۔
audit-who = کس نے
audit-act = قسم
audit-about = کس بارے میں
audit-outcome = نتیجہ
audit-outcome-any = کوئی بھی
audit-outcome-done = ہو گیا
audit-outcome-refused = رد ہوا
audit-show = دکھائیں
audit-more = مزید دکھائیں

# بحالی

nav-recovery = بحالی
overview-recovery = مرکز بحالی میں ہے: دیکھیں وہ کس کا منتظر ہے
recovery-off = مرکز بحالی میں نہیں ہے۔
recovery-why = مرکز ایک پرانی نقل پر لایا گیا ہے۔ جب تک اسے معلوم نہ ہو کہ اس نے کیا دیا تھا، وہ نہ نمبر دیتا ہے نہ سلسلے، اور کوئی تصدیق نہیں کرتا۔ ڈیسک اپنے نمبروں سے کام جاری رکھتے ہیں۔
recovery-awaited = { $count ->
    [0] وہ کسی ڈیسک کا منتظر نہیں
    [one] وہ ایک ڈیسک کا منتظر ہے
   *[other] وہ { $count } ڈیسکوں کا منتظر ہے
 }
recovery-missing = { $count ->
    [0] جو اس نے دیا تھا اس میں سے کچھ کم نہیں۔
    [one] جو اس نے دیا تھا اس میں سے ایک اندراج کم ہے۔
   *[other] جو اس نے دیا تھا اس میں سے { $count } اندراج کم ہیں۔
 }
recovery-by-itself = یہ ڈیسک چلائیں۔ جب سب جڑ جائیں اور کچھ کم نہ رہے تو بحالی خود ختم ہو جاتی ہے۔ خود صرف تب ختم کریں جب کوئی ڈیسک ہمیشہ کے لیے گم ہو۔
recovery-by-hand = یہاں کا کوئی ڈیسک اس سے زیادہ نہیں جانتا، اس لیے یہ خود ختم نہیں ہو گی۔ اگر کوئی نیا بیک اپ یا کسی گم شدہ ڈیسک کی ڈسک ہے تو نیچے دیے طریقے سے پہلے وہ لائیں۔ پھر خود ختم کریں۔
recovery-end = بحالی ابھی ختم کریں
recovery-end-desks = { $count ->
    [0] کسی ڈیسک کو نہیں چھوڑا جائے گا۔
    [one] 1 ڈیسک کا انتظار نہیں رہے گا: { $desks }۔ سلسلوں اور نمبروں کی جو بات صرف اسے معلوم ہے وہ چھوڑ دی جائے گی۔
   *[other] { $count } ڈیسکوں کا انتظار نہیں رہے گا: { $desks }۔ سلسلوں اور نمبروں کی جو بات صرف انہیں معلوم ہے وہ چھوڑ دی جائے گی۔
 }
recovery-end-missing = { $count ->
    [0] کوئی اندراج گم شدہ نہیں لکھا جائے گا۔
    [one] 1 اندراج جو کوئی واپس نہیں لایا گم شدہ لکھا جائے گا۔
   *[other] { $count } اندراج جو کوئی واپس نہیں لایا گم شدہ لکھے جائیں گے۔
 }
recovery-end-pool = ذخیرہ { $range } ({ $numbers } نمبر) بند ہو گا، کیونکہ ان ڈیسکوں کے پاس اس کے سلسلے ہو سکتے ہیں۔ بعد میں نمبر کے صفحے پر دوسرا مقرر کریں۔
recovery-end-judged = { $count ->
    [one] تصدیق کے منتظر 1 اندراج کا فیصلہ اس سے ہو گا جو ابھی معلوم ہے۔
   *[other] تصدیق کے منتظر { $count } اندراجوں کا فیصلہ اس سے ہو گا جو ابھی معلوم ہے۔
 }

# سرٹیفکیٹ

nav-certificates = سرٹیفکیٹ
authority-title = ڈیسک کس سے اندر آتے ہیں
authority-why = مرکز ہر ڈیسک کو ایک سرٹیفکیٹ دیتا ہے۔ نئی اتھارٹی اس کی جگہ لے سکتی ہے اور ڈیسک کام کرتے رہتے ہیں: سال میں ایک بار، یا جب اس کی چابی غلط ہاتھ میں جا سکتی ہو۔
authority-now = موجودہ اتھارٹی کی چابی
authority-next = اگلی اتھارٹی کی چابی
authority-passphrase-label = پاس فریز
authority-is-locked = ہر نئے کوڈ کے لیے درکار
authority-is-open = کوئی نہیں
authority-renewing = ڈیسک جڑنے پر اگلی اتھارٹی کے سرٹیفکیٹ لیتے ہیں۔ جب کوئی باقی نہ رہے تو موجودہ کو واپس لیں۔
authority-left = { $count ->
    [one] ایک ڈیسک کے پاس ابھی نئی اتھارٹی کا سرٹیفکیٹ نہیں۔ اسے جڑنے دیں، یا اس کے لیے نیا کوڈ بنائیں۔
   *[other] { $count } ڈیسکوں کے پاس ابھی نئی اتھارٹی کا سرٹیفکیٹ نہیں۔ انہیں جڑنے دیں، یا ان کے لیے نئے کوڈ بنائیں۔
 }
authority-nobody-left = ہر ڈیسک کے پاس اس کا سرٹیفکیٹ ہے۔
authority-renew = نئی اتھارٹی متعارف کریں
authority-renew-act = متعارف کریں
authority-renew-what = اب سے دونوں چلیں گی۔ ڈیسک جڑنے پر خود نئے سرٹیفکیٹ لیتے ہیں۔ اس کے بعد آپ موجودہ کو واپس لیں۔
authority-finish = موجودہ اتھارٹی واپس لیں
authority-finish-certificates = موجودہ اتھارٹی کے تمام سرٹیفکیٹ فوراً ختم ہوں گے۔
authority-finish-left = { $count ->
    [0] کوئی ڈیسک پیچھے نہیں رہے گا۔
    [one] 1 ڈیسک نئے کوڈ کے بغیر نہیں جڑ سکے گا: { $desks }۔
   *[other] { $count } ڈیسک نئے کوڈ کے بغیر نہیں جڑ سکیں گے: { $desks }۔
 }
authority-passphrase = اس کا پاس فریز بدلیں
authority-passphrase-what = پاس فریز ہو تو جسے وہ معلوم نہیں وہ کوئی ڈیسک اندر نہیں لا سکتا، اس کمپیوٹر کی ڈسک کی نقل سے بھی نہیں۔
authority-passphrase-old = موجودہ پاس فریز
authority-passphrase-new = نیا پاس فریز
authority-passphrase-none = 10 یا زیادہ حروف۔ خالی: اب کوئی نہیں
refused-wrong_passphrase = یہ اتھارٹی کا پاس فریز نہیں۔ دوبارہ لکھیں۔
refused-authority_locked = اتھارٹی کا پاس فریز درکار ہے۔
pages-title = براؤزر کس پر بھروسا کرتے ہیں
pages-why = دوسرے کمپیوٹر اور فون یہ صفحات HTTPS پر کھولتے ہیں۔ یہ سرٹیفکیٹ ہو تو وہ ان پر بھروسا کرتے ہیں۔
pages-on = دوسرے کمپیوٹروں کو { $address } پر جواب ملتا ہے۔
pages-off = دوسرے کمپیوٹروں کو ابھی جواب نہیں ملتا: coordinator.toml میں https_listen لکھیں، اور مرکز دوبارہ چلائیں۔
pages-own = کلینک کا اپنا سرٹیفکیٹ ہے، اس لیے کسی کمپیوٹر کو یہ نہیں چاہیے۔
pages-fingerprint = فنگر پرنٹ (SHA-256)
pages-hosts = اس کمپیوٹر کے نام
pages-how = فائل لیں، ہر کمپیوٹر تک لے جائیں، اور وہاں نظر آنے والا فنگر پرنٹ ملائیں۔ Windows، Linux اور Android پر لگانے کا طریقہ: mrnmesh-coordinator docs https
pages-none = ابھی کوئی نہیں۔ مرکز جب دوسرے کمپیوٹروں کو جواب دیتا ہے تو خود بناتا ہے۔
pages-download = سرٹیفکیٹ لیں
pages-make = ابھی بنائیں
pages-make-what = یہ اس کمپیوٹر کے موجودہ ناموں کے لیے بنتا ہے۔
pages-renew = نیا بنائیں
pages-renew-what = ایک منٹ کے اندر نیا سرٹیفکیٹ اس کی جگہ لے گا۔ یہ واپس نہیں ہو سکتا: جو کمپیوٹر اور فون پرانے پر بھروسا کرتے ہیں انہیں یہ صفحات کھولنے سے پہلے نئے پر بھروسا کرنا ہو گا۔ ڈیسکوں پر اثر نہیں۔

# گھڑیاں

nav-clocks = گھڑیاں
clock-now = اب { $time } ہے
clock-followed = نمبر، عمریں اور وقت مرکز کے کمپیوٹر کی گھڑی سے چلتے ہیں۔
clock-not-followed = مرکز کے کمپیوٹر کی گھڑی { $time } دکھاتی ہے، جس پر یقین نہیں کیا جاتا۔ غلط ہو تو درست کریں۔ ٹھیک ہو تو بتائیں۔
clock-unsettled = مرکز کے چلنے کے بعد سے کسی ڈیسک نے وقت کی تصدیق نہیں کی۔
clock-right-act = گھڑی ٹھیک ہے
clock-right-what = اب سے نمبر، عمریں اور وقت مرکز کے کمپیوٹر کی گھڑی سے چلیں گے، ڈیسک جو بھی دکھائیں۔
times-title = وہ وقت جن پر یقین نہیں
times-why = جب گھڑی غلط ہو تو اس سے لکھا گیا وقت بھی غلط ہوتا ہے۔ وہ عرصہ بتائیں جیسا اس گھڑی نے دکھایا: پھر تصحیحات کی ترتیب میں وہ نہیں گنا جاتا۔
times-none = کوئی نہیں۔
times-add = ایک گھڑی غلط تھی
times-what = کب سے کب تک، جیسا اس گھڑی نے دکھایا۔ یہ واپس لیا جا سکتا ہے۔
times-author = کس کی گھڑی
times-first = سے
times-last = تک
times-act = یقین نہ کریں
times-back = دوبارہ یقین کریں
times-back-of = { $desk } کی گھڑی پر دوبارہ یقین کریں
browser-clock = اس کمپیوٹر کی گھڑی { $here } دکھاتی ہے، مرکز کی { $there }۔ اسے درست کریں: Windows میں گھڑی پر دایاں کلک اور “Adjust date and time”، Android میں Settings، “Date and time”۔ غلط رہے تو براؤزر یہ صفحات غیر محفوظ کہہ کر روک سکتے ہیں۔

# ڈیسک کیا چاہتے ہیں

nav-requests = درخواستیں
requests-why = ڈیسک ریکارڈوں کا کوئی فیصلہ نہیں کرتے۔ کلرک جو چاہتے ہیں وہ آپ کے جواب تک یہاں رہتا ہے۔
requests-which = کون سی درخواستیں
requests-open = بغیر جواب
requests-all = سب
requests-none = کوئی درخواست نہیں۔
requests-back = تمام درخواستیں
request-one = ریکارڈ
request-other = دوسرا ریکارڈ
request-ends = دوسرے کی طرف لے جائے گا
request-counts = آئندہ یہ شمار ہو گا
request-carry-out = کر دیں
request-carry-out-what = تمام ڈیسک دیکھتے ہیں کہ کیا ہوا۔ یہ واپس لیا جا سکتا ہے۔
request-refuse = انکار کریں
request-refuse-what = ڈیسک آپ کی وجہ دیکھتا ہے۔

# نمبروں کی شکل

form-title = نئے نمبروں کی شکل
form-why = جانچ کا ہندسہ غلط لکھے نمبر پکڑتا ہے۔ جو نمبر لوگوں کے پاس ہیں وہ ویسے ہی رہتے ہیں۔
form-plain = سلسلوں کے نمبر
form-online = آن لائن نمبر
form-as-they-are = جوں کے توں
form-in-a-form = سابقے یا جانچ کے ہندسے کے ساتھ
form-change = بدلیں
form-change-of = بدلیں: { $kind }
form-looks = چھپتے ہیں
form-prefix = سابقہ
form-prefix-hint = بڑے انگریزی حروف، ہندسے، ہائفن، نقطہ۔ خالی ہو سکتا ہے۔
form-width = ہندسے
form-width-hint = چھوٹے نمبروں کے شروع میں صفر آتے ہیں
form-check = جانچ کا ہندسہ
form-separator = جانچ کے ہندسے سے پہلے
form-separator-none = کچھ نہیں
check-none = کوئی نہیں
check-damm = Damm
check-verhoeff = Verhoeff
check-luhn = Luhn
check-luhn30 = Luhn، حروف کے ساتھ
check-mod11_10 = ISO 7064، ⁦11-10⁩
check-mod97_10 = ISO 7064، ⁦97-10⁩ (دو ہندسے)
form-look = دیکھیں کیا ہو گا
form-do = کر دیں
form-after = نئے نمبر چھپیں گے
form-before = ابھی:
form-example = اگلے نمبروں میں سے ایک:
form-old = پہلے دیے گئے سلسلوں کے { $count } نمبر اب بھی پہلے جیسے ہوں گے۔
form-stay = جو نمبر لوگوں کے پاس ہیں وہ ویسے ہی رہتے اور چلتے ہیں۔
form-earlier = پہلے انہیں نیا ورژن دیں، کیونکہ ان کا ورژن نمبر اس کے بغیر چھاپتا ہے: { $desks }
form-unknown = جڑے ہوئے نہیں، اس لیے ان کا ورژن معلوم نہیں: { $desks }
form-upgraded = کیا ان کے پاس یہ ورژن ہے؟

# کاغذ کے نمبر

nav-sheets = کاغذ کے نمبر
nav-paper = کاغذ سے اندراج
sheets-title = کاغذ کے نمبر
sheets-why = وہ نمبر جو اس ڈیسک نے پہلے سے چھاپے ہیں۔ اس کا کمپیوٹر نہ چلے تو اس کے کاغذ سے لوگوں کو یہاں درج کریں۔
sheets-none = اس ڈیسک نے کوئی ورق نہیں چھاپا۔
sheets-left = { $count ->
    [0] سب درج ہو چکے
    [one] 1 درج نہیں ہوا
   *[other] { $count } درج نہیں ہوئے
 }
sheets-type-in = { $mrn } کے ساتھ لکھے شخص کو درج کریں
paper-why = { $code } کے لیے، اس نمبر اور کاغذ پر لکھے وقت کے ساتھ۔
paper-register = درج کریں
refused-mrn_conflict = اس نمبر سے کوئی پہلے درج ہو چکا ہے۔ ورق دوبارہ دیکھیں۔

# اپنے کمپیوٹر کے بغیر ٹرمینل

desks-add-without = بغیر کمپیوٹر والا شامل کریں
without-why = ایسی جگہ کے لیے جس کا پروگرام مرکز پر اندراج کرتا ہے۔ اس کی چابی API چابیوں کے صفحے پر بنتی ہے۔
without-range-hint = آف لائن اندراج کے لیے اس کے اپنے نمبر، جیسے ⁦720000-720999⁩۔ خالی ہو سکتا ہے۔

# دو بار بھیجے گئے لوگ

twice-title = غالباً دو بار بھیجے گئے
twice-why = کسی پروگرام نے انہیں ایک ہی کلید سے بھیجا، اس لیے غالباً ایک ہی شخص ہیں: پوچھیں کہ کون سا کارڈ واپس لیا جائے۔

# بحالی کی چابی

recovery-key = بحالی کی چابی
recovery-key-why = مرکز کی اپنی چابیاں ہر بیک اپ میں بند ہوتی ہیں، اور یہ چابی انہیں کھولتی ہے۔ بحال کرتے وقت یہ پوچھی جاتی ہے۔
recovery-key-make = بحالی کی نئی چابی بنائیں
recovery-key-what = یہ اب سے بننے والے بیک اپ کی چابیاں کھولتی ہے۔ پرانی چابی پرانے بیک اپ کے لیے رہتی ہے۔
recovery-key-once = اسے لکھ لیں، اور وہاں رکھیں جہاں بیک اپ نہ ہوں۔ یہ صرف ایک بار دکھائی جاتی ہے۔

# people and their records

nav-people = افراد
people-unconfirmed-why = ابھی کسی نے تصدیق نہیں کی کہ یہ کون ہیں۔
people-back-to-one = ریکارڈ پر واپس
people-conflicts = یہ نمبر نامنظور ہوا۔ اس کا فیصلہ تنازعات میں کریں۔
people-asked = اس ریکارڈ کے بارے میں ڈیسکوں کی درخواستیں
people-former = وہ ریکارڈ جو اس میں ضم کیے گئے
find-how = Enter سے پہلا ریکارڈ کھلتا ہے۔
find-nobody = کوئی نہیں ملا۔
person-is-void = ریکارڈ { $mrn } غلطی کے طور پر الگ کیا گیا۔
person-is-merged = ریکارڈ { $mrn } دوسرے ریکارڈ میں ضم کیا گیا۔
person-counts = معتبر ریکارڈ دیکھیں
person-taken = مطلوب
pair-not-yours = آپ ان کا موازنہ کر سکتے ہیں۔ فیصلہ منتظم کرتا ہے: جو معلوم ہو اسے بتائیں۔
pair-two-people = فیصلہ ہو چکا ہے کہ یہ دو افراد ہیں:
decide-confirm = بتائیں یہ کون ہے
decide-confirm-what = جو اب معلوم ہے لکھیں۔ اگر اس شخص کا یہاں دوسرا ریکارڈ ہے تو اس کے بجائے دونوں ضم کریں۔
decide-confirm-save = محفوظ کریں: یہی شخص ہے
decide-merge = دوسرے ریکارڈ کے ساتھ ضم کریں
decide-merge-what = اسی شخص کا دوسرا ریکارڈ تلاش کریں۔ کچھ ہونے سے پہلے دونوں ساتھ ساتھ دکھائے جائیں گے۔
decide-merge-find = دوسرے ریکارڈ کا نمبر یا نام
decide-unmerge = ضم کرنا واپس لیں
decide-unmerge-of = { $mrn } کا ضم کرنا واپس لیں
decide-unmerge-what = دونوں ریکارڈ پھر اپنی جگہ معتبر ہیں، ہر ایک اپنی باتوں اور بعد کی درستیوں کے ساتھ۔ ہر نمبر اپنا ریکارڈ کھولتا ہے۔
decide-void = غلطی سے درج ہوا
decide-void-what = ریکارڈ غلطی کے نشان کے ساتھ رہتا ہے۔ اس کا نمبر استعمال شدہ رہتا ہے اور کسی اور کو نہیں ملتا۔ یہ واپس لیا جا سکتا ہے۔
decide-void-not = دوسرے ریکارڈ اس میں ضم کیے گئے ہیں۔ پہلے وہ واپس لیں۔
decide-unvoid = غلطی نہیں تھی
decide-unvoid-what = ریکارڈ اپنے نمبر کے ساتھ پھر معتبر ہے۔
request-answered = جواب
request-otherwise = اگر دوسرا نمبر معتبر ہونا چاہیے:
request-values = کلرک جو چاہتا ہے وہ چنا ہوا ہے۔ جہاں آپ بہتر جانتے ہوں وہاں دوسری بات چنیں۔
request-by-hand = دونوں کو خود ضم کریں اور یہ درخواست نامنظور کریں
refused-seen_otherwise = اس دوران کسی نے ایک ریکارڈ بدل دیا ہے۔ اب جیسے ہیں ویسے دکھائے گئے ہیں: دوبارہ دیکھیں۔
refused-merged_into_another = اس دوران ایک ریکارڈ دوسرے میں ضم ہو گیا ہے۔ دوبارہ دیکھیں۔
refused-changed_meanwhile = اس دوران کسی اور نے اس شخص کی درستی کی ہے۔ ریکارڈ دیکھیں، پھر محفوظ کریں۔
refused-in_recovery = کوآرڈینیٹر بحالی میں ہے اور ابھی کوئی فیصلہ نہیں کرتا۔

# کیا غلط ہے، اور کیا کرنا ہے

alarm-address_silent = { $address } پر کوئی مرکز سے نہیں جڑ سکتا۔
alarm-address_silent-do = اسے دوبارہ چلائیں۔ پھر بھی نہ ہو تو دیکھیں کہ فائر وال یا کوئی اور پروگرام اس پتے کو تو نہیں روکتا۔
alarm-alerts_unsent = { $channel } سے الارم نہیں بھیجے جا سکتے: { $why }۔
alarm-alerts_unsent-do = اسے ٹھیک کریں، پھر الارم کے صفحے سے آزمائشی پیغام بھیجیں۔ جو نہیں گیا وہ تب جائے گا۔
alarm-audit_differs = کیے گئے کاموں کا ریکارڈ اندراج { $entry } سے یا اس سے پہلے ویسا نہیں جیسا ڈیسک جانتے ہیں: کسی نے ڈیٹابیس بدلا ہے۔
alarm-audit_differs-do = پہلے کے بیک اپ سے ملائیں، اور معلوم کریں کہ مرکز کے کمپیوٹر پر کون لکھ سکتا ہے۔
alarm-audit_forked = کیے گئے کاموں کے ریکارڈ میں اندراج { $entry } کی دو صورتیں ہیں: وہ دوبارہ لکھا گیا، یا دو مرکز ہیں۔
alarm-audit_forked-do = دوسرا مرکز چلتا ہو تو روکیں۔ جو کلینک کے ریکارڈ کا ذمہ دار ہے اسے بتائیں۔
alarm-backup_failed = بیک اپ نہیں بن سکتا: { $why }
alarm-backup_failed-do = اسے ٹھیک کریں، یا بیک اپ کے صفحے پر دوسرا فولڈر چنیں۔ ہر 15 منٹ بعد دوبارہ کوشش ہوتی ہے۔
alarm-backup_missing = { $folder } میں کوئی بیک اپ نہیں۔
alarm-backup_missing-do = بیک اپ کے صفحے سے ابھی بنائیں۔
alarm-backup_old = آخری اچھا بیک اپ { $last } کا ہے، دو دن سے زیادہ پرانا۔
alarm-backup_old-do = بیک اپ کے صفحے سے ابھی بنائیں، اور معلوم کریں کہ رات کو کیوں نہیں بنا۔
alarm-clock_ahead = مرکز کے کمپیوٹر کی گھڑی { $amount } { $unit ->
    [minute] منٹ
    [hour] گھنٹے
   *[day] دن
 } آگے ہے۔
alarm-clock_ahead-do = اسے درست کریں، اور نیٹ ورک سے خود درست ہونے دیں۔
alarm-clock_behind = مرکز کے کمپیوٹر کی گھڑی { $amount } { $unit ->
    [minute] منٹ
    [hour] گھنٹے
   *[day] دن
 } پیچھے ہے۔
alarm-clock_behind-do = اسے درست کریں۔ ہر بار بجلی جانے پر ایسا ہو تو اس کی بیٹری ختم ہے۔
alarm-clock_differs = { $desk } کی گھڑی { $amount } { $unit ->
    [minute] منٹ
    [hour] گھنٹے
   *[day] دن
 } { $side ->
    [ahead] آگے
   *[behind] پیچھے
 } ہے۔
alarm-clock_differs-do = اُس کمپیوٹر کی گھڑی درست کریں۔ وہ ٹھیک ہو تو مرکز کی درست کریں، اور گھڑیوں کے صفحے پر بتائیں۔
alarm-clock_stepped = مرکز کے کمپیوٹر کی گھڑی { $shown } دکھاتی ہے، مگر جو معلوم ہے اس کے مطابق { $now } ہے۔ نمبر، عمریں اور وقت اسی سے چلتے ہیں۔
alarm-clock_stepped-do = غلط ہو تو درست کریں۔ ٹھیک ہو تو گھڑیوں کے صفحے پر بتائیں۔
alarm-clock_unknown = { $desk } کا کمپیوٹر بند تھا تو اُس کی گھڑی پیچھے چلی گئی۔
alarm-clock_unknown-do = اُس کمپیوٹر کی گھڑی درست کریں۔ ہر بار بجلی جانے پر ایسا ہو تو اس کی بیٹری ختم ہے۔
alarm-code_guessed = { $address } سے کوئی ایک کے بعد ایک غلط کوڈ بھیج رہا ہے۔ انہیں روکا جا رہا ہے۔
alarm-code_guessed-do = نیٹ ورک پر وہ کمپیوٹر ڈھونڈیں۔ جو کوڈ آپ نے دیے وہ دوسروں کے لیے چلتے رہیں گے۔
alarm-code_used_twice = { $desk } کا کوڈ، جو استعمال ہو چکا تھا، ایک دوسرے کمپیوٹر نے دکھایا۔ اسے اندر نہیں لیا گیا۔
alarm-code_used_twice-do = کیا { $desk } درست کمپیوٹر ہے؟ نہیں تو اسے منسوخ کریں، پھر درست کے لیے نیا کوڈ بنائیں۔ کوڈ صرف اسے دیں جس کے لیے ہو۔
alarm-conflicts_open = { $count ->
    [one] ایک تنازعہ فیصلے کا منتظر ہے۔
   *[other] { $count } تنازعے فیصلے کے منتظر ہیں۔
 }
alarm-conflicts_open-do = ڈیسکوں سے بات کریں، پھر تنازعات کے صفحے پر ہر ایک کا فیصلہ کریں۔
alarm-database_damaged = مرکز کا ڈیٹابیس خراب ہے: { $what }۔
alarm-database_damaged-do = مرکز روکیں، اس کے ڈیٹا فولڈر کا نام بدل کر رکھ لیں، اور آخری اچھا بیک اپ نئے فولڈر میں بحال کریں۔ پھر پرانے فولڈر میں جو باقی ہے وہ لے آئیں: mrnmesh-coordinator salvage۔ ڈسک کسی کو دکھائیں۔
alarm-desk_unknown = { $reason ->
    [unknown] ایک کمپیوٹر جو خود کو { $desk } کہتا ہے جڑنا چاہتا ہے، اور یہاں معلوم نہیں۔
   *[key] ایک کمپیوٹر جو خود کو { $desk } کہتا ہے جڑنا چاہتا ہے، اور اس کی چابی معلوم ڈیسک والی نہیں۔
 }
alarm-desk_unknown-do = آپ کا ہو تو ٹرمینل کے صفحے پر اس کا کوڈ بنائیں؛ نئے سرے سے لگا ہو تو پہلے بتائیں کہ وہ بدلا گیا۔ نہیں تو معلوم کریں کہ وہ کون سا کمپیوٹر ہے۔
alarm-disk_forbidden = سسٹم مرکز کو اس کی فائلیں استعمال نہیں کرنے دیتا۔
alarm-disk_forbidden-do = اس کے صارف کو ڈیٹا فولڈر پڑھنے اور لکھنے دیں، اور دیکھیں کہ اس کی ڈسک جڑی ہے۔
alarm-disk_full = مرکز کی ڈسک بھر گئی ہے: کچھ لکھا نہیں جا سکتا، لوگ اب بھی مل سکتے ہیں۔
alarm-disk_full-do = اس پر جگہ خالی کریں۔ پھر سب خود چلے گا۔
alarm-disk_read_only = مرکز کا ڈیٹابیس صرف پڑھا جا سکتا ہے: کچھ لکھا نہیں جا سکتا۔
alarm-disk_read_only-do = دیکھیں کہ ڈسک صرف پڑھنے کے لیے تو نہیں لگی، جیسا سسٹم خراب ہوتی ڈسک کے ساتھ کرتا ہے۔
alarm-disk_unwritable = مرکز کی ڈسک خراب ہو رہی ہے۔
alarm-disk_unwritable-do = ڈسک اور اس کی تاریں دیکھیں، اور دوسری ڈسک پر بیک اپ بنائیں۔
alarm-duplicates_waiting = ریکارڈوں کے { $count } جوڑے غالباً ایک ایک شخص کے ہیں، اور کسی نے فیصلہ نہیں کیا۔
alarm-duplicates_waiting-do = جب وقت ہو تو دہرے اندراج کے صفحے پر انہیں دیکھیں۔ شخص سے پوچھیں، یا کاغذی فائل دیکھیں۔
alarm-https_certificate = صفحات کا سرٹیفکیٹ نیا نہیں ہو سکتا ({ $why })، اس لیے براؤزر اسے روکتے ہیں۔
alarm-https_certificate-do = دیکھیں کہ ترتیبات کی فائل میں https_certificate اور https_key درست سرٹیفکیٹ اور چابی بتاتے ہیں۔
alarm-https_names = براؤزر اس مرکز پر { $names } کے نام سے بھروسا نہیں کرتے: ان کا سرٹیفکیٹ دوسرے ناموں کا ہے۔
alarm-https_names-do = سرٹیفکیٹ کے صفحے پر نیا بنائیں، اور تمام کمپیوٹروں کو اس پر بھروسا کرنے دیں۔
alarm-in_recovery = { $count ->
    [0] مرکز بحالی میں ہے: وہ نہ نمبر دیتا ہے نہ سلسلے، اور کوئی تصدیق نہیں کرتا۔
   *[other] مرکز بحالی میں ہے: وہ نہ نمبر دیتا ہے نہ سلسلے، اور کوئی تصدیق نہیں کرتا۔ وہ ان کا منتظر ہے: { $desks }۔
 }
alarm-in_recovery-do = { $count ->
    [0] یہ خود ختم نہیں ہو گی: بحالی کا صفحہ دیکھیں جو خلاصے سے کھلتا ہے۔
   *[other] یہ ڈیسک چلائیں۔ خلاصے سے بحالی کا صفحہ کھلتا ہے جو بتاتا ہے کہ کیا کم ہے۔
 }
alarm-job_failed = مرکز کا ایک حصہ غیر متوقع طور پر ناکام ہوا: { $part }۔
alarm-job_failed-do = دوبارہ کوشش ہو رہی ہے۔ ایسا ہی رہے تو مرکز دوبارہ چلائیں، اور اس کے لاگ کی بات بتائیں۔
alarm-no_block = { $desk } کو نیا سلسلہ چاہیے اور خود نہیں ملتا۔
alarm-no_block-do = اس کے صفحے پر دیں۔ نمبر کے صفحے پر دیکھیں کہ سلسلے خود دیے جاتے ہیں یا نہیں، اور کچھ باقی ہیں یا نہیں۔
alarm-no_enrolment = کوئی ڈیسک کوڈ سے اندر نہیں آ سکتا: { $why }
alarm-no_enrolment-do = خالی پورٹ چنیں (ترتیبات کی فائل میں enrol_listen)، اور مرکز دوبارہ چلائیں۔
alarm-numbers_low = { $desk } کے { $left } نمبر باقی ہیں، { $percent } % استعمال ہو چکے{ $days ->
    [-1] ۔
    [0] ؛ آج ختم ہو جائیں گے۔
    [one] ؛ 1 دن میں ختم ہو جائیں گے۔
   *[other] ؛ { $days } دن میں ختم ہو جائیں گے۔
 }
alarm-numbers_low-do = اسے جوڑیں: نیا سلسلہ خود ملے گا۔ یا اس کے صفحے پر دیں۔
alarm-numbers_of_no_range = { $blocks ->
    [0] { $desk } نے { $count } ایسے نمبر استعمال کیے جو کسی سلسلے میں نہیں۔ وہ کسی اور کو نہیں ملیں گے۔
   *[other] { $desk } نے { $count } ایسے نمبر استعمال کیے جو کسی سلسلے میں نہیں۔ وہ کسی اور کو نہیں ملیں گے۔ ذخیرے سے { $ranges } نہیں دیے جاتے: ہو سکتا ہے { $desk } کو یہ نمبر دیے گئے ہوں اور مرکز بھول گیا ہو۔
 }
alarm-numbers_of_no_range-do = ڈیسک { $desk } کو دیکھیں۔ قابلِ بھروسا نہ ہو تو منسوخ کریں۔ ذخیرے میں کوئی سلسلہ باقی نہ ہو تو نمبر کے صفحے پر دوسرا مقرر کریں۔
alarm-sent_twice = { $count ->
    [one] ایک شخص کو کسی پروگرام نے غالباً دو بار بھیجا۔
   *[other] { $count } لوگوں کو کسی پروگرام نے غالباً دو بار بھیجا۔
 }
alarm-sent_twice-do = دہرے اندراج کے صفحے پر دونوں دیکھیں۔ ایک ہی شخص ہو تو ڈیسک کو بتائیں کہ کون سا کارڈ واپس لے۔
alarm-looks_changed = کس نے کسے دیکھا کی فہرست اندراج { $entry } پر ویسی نہیں جیسی لکھی گئی تھی: کسی نے ڈیٹا بیس بدلا ہے۔
alarm-looks_changed-do = mrnmesh-coordinator looked verify چلائیں، پہلے کے بیک اپ سے ملائیں، اور معلوم کریں کہ مرکز کے کمپیوٹر پر کون لکھ سکتا ہے۔
alarm-records_changed = مرکز کے کمپیوٹر کی خرابی نے اس کے ڈیٹابیس میں لکھا ہوا بدل دیا ہے ({ $what })۔ جو اس کے ساتھ لکھا گیا وہ دوسرے کمپیوٹر نہیں لے سکتے۔
alarm-records_changed-do = اس کا ڈیٹا فولڈر سنبھال کر رکھیں، اور آخری درست بیک اپ نئے فولڈر میں بحال کریں۔ پھر پرانے فولڈر میں جو باقی ہے وہ لے آئیں: mrnmesh-coordinator salvage۔ اس کمپیوٹر کی ڈسک اور میموری دکھائیں۔
alarm-records_mended = { $count ->
    [one] مرکز کے کمپیوٹر کی خرابی سے ایک ریکارڈ بدل گیا تھا۔ اسے ٹھیک کر دیا گیا۔
   *[other] مرکز کے کمپیوٹر کی خرابی سے { $count } ریکارڈ بدل گئے تھے۔ انہیں ٹھیک کر دیا گیا۔
 }
alarm-records_mended-do = اس کمپیوٹر کی ڈسک اور میموری دکھائیں، اور دیکھیں کہ دوسری ڈسک پر بیک اپ ہیں۔
alarm-set_back = مرکز کا ڈیٹابیس اتنا نیا نہیں جتنا وہ بتا چکا ہے: اس کی فائلیں ایک ساتھ کی نہ تھیں، یا اسے پیچھے لایا گیا۔
alarm-set_back-do = تمام ڈیسکوں کو اس سے ملنے دیں: جو ان کے پاس ہے خود واپس آئے گا۔ ڈیٹا فولڈر کی نئی نقل ہو تو اسے رکھیں۔ بحالی کے بعد یہ پھر آئے تو آخری درست بیک اپ نئے فولڈر میں بحال کریں۔ پھر پرانے فولڈر میں جو باقی ہے وہ لے آئیں: mrnmesh-coordinator salvage۔
alarm-store_busy = کوئی اور پروگرام مرکز کے ڈیٹابیس کو مصروف رکھتا ہے: کچھ لکھا نہیں جا سکتا۔
alarm-store_busy-do = وہ پروگرام بند کریں: register.db مرکز کے سوا کوئی استعمال نہ کرے۔
alarm-tables_differ = مرکز جو دکھاتا ہے وہ غلط ہو سکتا ہے: اس کے جدول وہ نہیں جو درج کیا گیا تھا ({ $what })۔
alarm-tables_differ-do = کچھ ضائع نہیں ہوا۔ مرکز روکیں، اس کے کمپیوٹر پر یہ چلائیں، اور اسے دوبارہ شروع کریں: mrnmesh-coordinator rebuild۔ ڈسک کسی کو دکھائیں۔
alarm-store_exchanged = مرکز چل رہا تھا کہ اس کا ڈیٹابیس بدلا یا ہٹایا گیا: کچھ لکھا نہیں جا سکتا۔
alarm-store_exchanged-do = مرکز کو بند نہ کریں: سب کچھ ابھی اس کے پاس ہے۔ وہی فائل واپس رکھیں۔ وہ نہ ملے تو بیک اپ کے صفحے سے ابھی بیک اپ بنائیں؛ اس کے بعد ہی اسے بند کریں، اور وہ بیک اپ نئے فولڈر میں بحال کریں۔
alarm-store_fails = مرکز کا ڈیٹابیس استعمال نہیں ہو سکتا۔
alarm-store_fails-do = اس کے کمپیوٹر پر یہ چلائیں، اور جو کہے وہ کریں: mrnmesh-coordinator doctor
alarm-stray_numbers = { $desk } نے { $range } کے { $count } نمبر استعمال کیے، جو صرف { $own } دے سکتا ہے۔ وہ کسی اور کو نہیں ملیں گے۔
alarm-stray_numbers-do = ڈیسک { $desk } کو دیکھیں۔ قابلِ بھروسا نہ ہو تو منسوخ کریں۔ { $own } کو وقت پر نیا سلسلہ ملے گا۔
alarm-times_ahead = { $desk } کے لکھے ریکارڈوں میں آئندہ کے وقت ہیں، آخری { $last }: گھڑی غلط تھی۔
alarm-times_ahead-do = گھڑیوں کے صفحے پر بتائیں کہ ان اوقات پر یقین نہ کیا جائے۔
alarm-too_many_numbers = { $desk } اتنے نمبر مانگتا ہے جتنے ایک ڈیسک کو نہیں چاہییں۔ ابھی اسے فی سیکنڈ ایک ملتا ہے، اور وہ اپنے سلسلے کے نمبر دیتا ہے۔
alarm-too_many_numbers-do = ڈیسک کو دیکھیں۔ ضرورت ہو تو اس کے صفحے پر زیادہ کی اجازت دیں۔
alarm-too_many_parts = { $desk } نے رجسٹر کے { $count } حصے شروع کیے جو پورے نہیں بھرے۔
alarm-too_many_parts-do = اس کا پروگرام خراب ہے یا وہ قابلِ بھروسا نہیں۔ ڈیسک کو دیکھیں، اور ضرورت ہو تو منسوخ کریں۔
alarm-too_many_pins = { $desk } پر کلرکوں کے پن تھوڑے عرصے میں { $count } یا زیادہ بار بدلے گئے۔ ابھی ہر چار گھنٹے میں ایک اور لیا جاتا ہے؛ پہلے کے پن چلتے رہیں گے۔
alarm-too_many_pins-do = ڈیسک کو دیکھیں۔ اگر کلرکوں نے خود بدلے ہیں تو اس کے صفحے پر زیادہ کی اجازت دیں۔ اگر ڈیسک قابلِ بھروسا نہیں تو اسے منسوخ کریں اور کلرکوں کو نئے پن دیں۔
alarm-too_many_restores = { $desk } کے ریکارڈ تھوڑے عرصے میں { $count } یا زیادہ بار بیک اپ سے واپس رکھے یا نقل کیے گئے۔ ابھی اس کے بعد اسے اپنے نئے نمبر دن میں صرف ایک بار ملتے ہیں۔ ان کے بغیر وہ مرکز کے نمبر لیتا ہے، اور رابطہ نہ ہو تو کسی کا اندراج نہیں کر سکتا۔ جن کا اندراج ہو چکا ہے ان میں سے کوئی نہیں کھوتا۔
alarm-too_many_restores-do = ڈیسک کو دیکھیں: کیا اس کی ڈسک بار بار واپس رکھی جاتی ہے؟ اگر ایسا جان بوجھ کر ہے تو اس کے صفحے پر زیادہ کی اجازت دیں۔ اگر ڈیسک قابلِ بھروسا نہیں تو اسے منسوخ کریں۔
alarm-two_computers = دو کمپیوٹر ایک ساتھ { $desk } ہیں: ایک دوسرے کی نقل ہے۔
alarm-two_computers-do = نقل ڈھونڈ کر بند کریں: دونوں میں سے ایک ہی اندر آتا ہے۔ اس کا ڈیٹا فولڈر رکھیں، جو اس نے درج کیا وہ لائیں (mrnmesh-coordinator terminals salvage)، اور اسے اپنے کوڈ سے دوبارہ لگائیں۔
alarm-two_coordinators = ایک بیک اپ کے دو مرکزوں نے الگ الگ باتیں لکھی ہیں: { $what }۔
alarm-two_coordinators-do = جو آپ کا نہیں اسے روکیں، ان ٹرمینلوں کو نئے سلسلے دیں، اور تنازعات دیکھیں۔
alarm-webhook_failing = تبدیلیاں { $url } تک نہیں پہنچتیں ({ $why })۔
alarm-webhook_failing-do = وہ پروگرام دیکھیں۔ کچھ گم نہیں ہوا: جواب دے گا تو سب جائے گا۔ ہمیشہ کے لیے ختم ہو تو ویب ہُک کے صفحے سے ہٹائیں۔
alarm-witness_shared = اس کمپیوٹر پر مرکز کے ڈیٹا فولڈر کی دوسری نقل چل رہی ہے۔ یہاں کوئی نمبر نہیں دیا جاتا۔
alarm-witness_shared-do = نقل روکیں، پھر مرکز دوبارہ چلائیں۔
alarm-witness_unwritable = وہ فائل نہیں لکھی جا سکتی جس میں دیے گئے نمبر یاد رہتے ہیں۔ یہاں کوئی نمبر نہیں دیا جاتا۔
alarm-witness_unwritable-do = اس کی ڈسک، اس پر خالی جگہ، اور لکھنے کی اجازت دیکھیں۔ پھر سب خود چلے گا۔
alarm-bad_peer = { $count ->
    [one] { $desk } رابطے کے قاعدوں پر نہیں چلتا: ایک گھنٹے میں ایک بار۔ اس میں سے کچھ نہیں لیا گیا، اور باقی کام جاری ہیں۔
   *[other] { $desk } رابطے کے قاعدوں پر نہیں چلتا: ایک گھنٹے میں { $count } بار۔ اس میں سے کچھ نہیں لیا گیا، اور باقی کام جاری ہیں۔
 }
alarm-bad_peer-do = وہ کمپیوٹر دیکھیں: اس کا ورژن، اس کی تار۔ قابلِ بھروسا نہ ہو تو منسوخ کریں۔
alarm-strangers = { $address } سے ایک کمپیوٹر نے { $count } بار جڑنا چاہا، اور ایسا کچھ نہیں دکھایا جس سے اندر آ سکے۔
alarm-strangers-do = معلوم کریں کہ وہ کون سا کمپیوٹر ہے۔ آپ کا ڈیسک ہو تو اس کا کوڈ بنائیں۔ نہیں تو نیٹ ورک سے ہٹا دیں۔
alarm-enrol_again = { $count ->
    [one] جس چابی سے ڈیسک مرکز کو پہچانتے ہیں وہ بدل گئی، اور 1 ڈیسک کے پاس ابھی پرانی ہے: { $desks }۔ وہ اپنے نمبروں سے اندراج کرتا ہے، اور یہاں کچھ نہیں پہنچتا۔
   *[other] جس چابی سے ڈیسک مرکز کو پہچانتے ہیں وہ بدل گئی، اور { $count } ڈیسکوں کے پاس ابھی پرانی ہے: { $desks }۔ وہ اپنے نمبروں سے اندراج کرتے ہیں، اور یہاں کچھ نہیں پہنچتا۔
 }
alarm-enrol_again-do = ہر ایک کے لیے ٹرمینل کے صفحے پر کوڈ بنائیں، اور اس ڈیسک پر لکھیں۔

# پچھلے نظام کا رجسٹر

nav-import = پچھلا رجسٹر
import-how = پچھلے نظام کا جدول، CSV فائل یا ورک بک (⁦.xlsx⁩)۔ جب تک آپ نہ دیکھ لیں کہ اس کا کیا ہو گا، کچھ نہیں بدلتا۔ پہلے ٹرمینل لائیں۔
import-table = اس میں کیا ہے
import-table-terminals = ٹرمینل اور ان کے سلسلے
import-table-patients = مریض اور ان کے نمبر
import-file = فائل
import-encoding = اس کے حروف کیسے لکھے ہیں
import-encoding-hint = صرف اگر نیچے نام بگڑے نظر آئیں
import-encoding-utf-8 = یونیکوڈ (UTF-8)
import-encoding-cp1256 = ونڈوز، عربی اور اردو
import-encoding-cp1252 = ونڈوز، مغربی
import-read = فائل پڑھیں
import-reading = پڑھی جا رہی ہے
import-another = دوسری فائل لیں
import-rows-patients = { $count ->
    [one] 1 شخص
   *[other] { $count } لوگ
 }
import-rows-terminals = { $count ->
    [one] 1 ٹرمینل
   *[other] { $count } ٹرمینل
 }
import-form-csv = { $encoding } میں CSV، خانوں کے درمیان ”{ $delimiter }“
import-form-csv_tabs = { $encoding } میں CSV، خانوں کے درمیان ٹیب
import-form-workbook = ورک بک، شیٹ { $sheet }
import-form-workbook_more = ورک بک، شیٹ { $sheet }؛ نہیں پڑھی گئیں: { $others }
import-look-empty = خالی
import-look-filled = { $count } بھرے ہوئے: { $samples }
import-look-dates = { $count ->
    [one] 1 تاریخ، یوں لکھی: { $forms }
   *[other] { $count } تاریخیں، یوں لکھی: { $forms }
 }
import-look-dates_either = { $count ->
    [one] 1 تاریخ، ان میں سے کسی طرح: { $forms }
   *[other] { $count } تاریخیں، ان میں سے کسی طرح: { $forms }
 }
import-look-no_dates = کوئی تاریخ نہیں
import-look-other = { $count } دوسرے
import-look-other_as = { $count } دوسرے، جیسے { $example }
import-look-others = { $count } دوسرے: { $samples }
import-look-digits = { $digits ->
    [one] { $count } میں 1 ہندسہ ({ $example })
   *[other] { $count } میں { $digits } ہندسے ({ $example })
 }
import-look-like = { $count } اس جیسے: { $example }
import-columns = فائل کے خانے
import-column = خانہ
import-looks = اس میں کیا ہے
import-ignored = نہیں لیے جائیں گے، کیونکہ یہاں ان کی جگہ نہیں: { $columns }
import-days = اس فائل میں دن اور مہینہ الگ نہیں پہچانے جاتے: بنانے والے سے پوچھیں۔
import-dates = تاریخیں کیسے لکھی ہیں
import-lenient = غلط خانہ چھوڑ کر شخص کو لیں
import-lenient-hint = ناممکن تاریخ یا حروف والا فون چھوڑ دیا جاتا ہے۔ رپورٹ میں ہر ایک لکھا ہوتا ہے۔
import-odd = عجیب نظر آنے والی قطاریں بھی لیں
import-odd-hint = بغیر ہندسے کا نمبر، بغیر حرف کا نام، اندراج کے بعد کی پیدائش
import-try = آزمائیں، کچھ نہ بدلیں
import-take = { $count ->
    [one] 1 کو لے لیں
   *[other] { $count } کو لے لیں
 }
import-progress = { $all } میں سے { $done } قطاریں
import-taken-would = { $count } لیے جائیں گے
import-taken-did = { $count ->
    [one] 1 لے لیا گیا
   *[other] { $count } لے لیے گئے
 }
import-there = { $count ->
    [one] 1 پہلے سے یہاں ہے
   *[other] { $count } پہلے سے یہاں ہیں
 }
import-filled = { $count ->
    [one] ان میں سے 1 کو وہ ملتا ہے جو کم تھا
   *[other] ان میں سے { $count } کو وہ ملتا ہے جو کم تھا
 }
import-alike = { $count ->
    [one] 1 پہلے سے درج کسی شخص جیسا ہے
   *[other] { $count } پہلے سے درج کسی شخص جیسے ہیں
 }
import-left-out = { $count ->
    [one] 1 کا غلط خانہ چھوٹ جائے گا
   *[other] { $count } کا غلط خانہ چھوٹ جائے گا
 }
import-refused-would = { $count } نہیں لیے جائیں گے
import-refused-did = { $count ->
    [one] 1 نہیں لیا گیا
   *[other] { $count } نہیں لیے گئے
 }
import-code-invalid_fields = کوئی خانہ قاعدے کے خلاف ہے
import-code-invalid_patient = کوئی خانہ قاعدے کے خلاف ہے
import-code-broken_row = قطار کے خانے عنوان سے مختلف ہیں
import-code-mrn_in_use = نمبر کسی اور کا ہے
import-code-mrn_conflict = نمبر کسی اور کا ہے
import-code-twice_in_file = نمبر فائل میں دو بار ہے
import-code-odd_row = قطار عجیب ہے
import-code-damaged_number = اسپریڈ شیٹ نے نمبر بگاڑ دیا ہے
import-code-look_alike_in_use = کسی کا نمبر اس جیسا ہے
import-code-bad_mrn = یہ نمبر نہیں
import-code-mrn_granted = نمبر کسی ڈیسک کے سلسلے میں ہے
import-code-content_differs = پہلے مختلف مواد کے ساتھ لیا گیا تھا
import-code-no_person = قطار میزان یا عنوان ہے، شخص نہیں
import-code-number_ahead = ایک ڈیسک یہ نمبر کسی اور کو دے گا
import-code-number_printed = نمبر چھپے ہوئے ورق پر ہے
import-code-origin_unknown = ایسا ٹرمینل نہیں: پہلے ٹرمینل لائیں
import-code-terminal_differs = ایسا ٹرمینل دوسرے سلسلے کے ساتھ موجود ہے
import-code-overlapping_range = سلسلہ دوسرے سے ٹکراتا ہے
import-report = نہ لی گئی قطاریں، CSV میں
refused-import_running = ایک فائل پڑھی یا لی جا رہی ہے۔ ختم ہونے تک ٹھہریں۔
refused-import_stopped = کوآرڈینیٹر بند ہو رہا ہے۔ جب وہ دوبارہ چلے تو فائل دوبارہ دیں۔
refused-another_file = اس دوران کسی اور نے دوسری فائل دے دی ہے۔ اب وہی دکھائی گئی ہے: پہلے اسے دیکھیں۔

# who looked at whom

nav-looked = کس نے کسے دیکھا
looked-here = یہاں، مرکز پر، کس نے کن لوگوں کا ریکارڈ دیکھا۔ ہر ڈیسک کی اپنی فہرست ہے: وہاں mrnmesh-node looked چلائیں۔
looked-check = دیکھیں کہ فہرست پوری ہے
looked-whole = فہرست پوری ہے: { $count } اندراج۔
looked-broken = فہرست پوری نہیں: کسی نے ڈیٹا بیس بدلا ہے۔ mrnmesh-coordinator looked verify چلائیں، اور کلینک کے ڈیٹا کے ذمہ دار کو بتائیں۔
looked-person = نمبر یا ریکارڈ آئی ڈی
looked-who = کس نے
looked-first = اس دن سے
looked-last = اس دن تک
looked-none = ایسا کوئی اندراج نہیں۔
looked-somebody = کوئی نامعلوم
looked-others = اور { $count } مزید
looked-people = { $count ->
    [one] ایک شخص
   *[other] { $count } لوگ
 }
looked-unnamed = { $count ->
    [one] ایک اور اندراج میں کسی کا نام نہیں: ہو سکتا ہے یہ شخص کسی لمبی فہرست میں ہو، یا اس وقت کا کچھ حصہ موجود نہ ہو۔
   *[other] { $count } مزید اندراجات میں کسی کا نام نہیں: ہو سکتا ہے یہ شخص کسی لمبی فہرست میں ہو، یا اس وقت کا کچھ حصہ موجود نہ ہو۔
 }
looked-way-page = صفحے پر
looked-way-unattended = صفحے پر، جب اسے کوئی استعمال نہیں کر رہا تھا
looked-way-command = کمانڈ سے
looked-way-program = کسی اور پروگرام سے
looked-act-opened = ریکارڈ کھولا گیا
looked-act-history = پچھلی تبدیلیاں دیکھی گئیں
looked-act-listed = لوگ فہرست میں نظر آئے
looked-act-suggested = شاید وہی شخص کے طور پر دکھایا گیا
looked-act-compared = دو ریکارڈ ساتھ رکھ کر دیکھے گئے
looked-act-printed = لیبل چھاپے گئے
looked-act-switched_on = یہاں سے فہرست رکھی جاتی ہے
looked-act-switched_off = یہاں سے فہرست نہیں رکھی جاتی
looked-act-removed = پرانے اندراج ہٹائے گئے
looked-act-missed = یہاں کچھ موجود نہیں
looked-act-set_back = ڈیٹا بیس پرانی نقل پر واپس رکھا گیا
looked-act-restored = بیک اپ واپس لایا گیا
audit-of-terminals = ٹرمینل
audit-of-users = صارفین اور اندر آنا
audit-of-keys = API چابیاں
audit-of-system = مرکز
audit-of-enrolment = ڈیسک کو اجازت دینا
audit-of-access = بغیر اجازت کی کوششیں
audit-of-console = مرکز کے کمپیوٹر پر دیے گئے حکم
audit-of-audit = یہ ریکارڈ
audit-of-changes = ویب ہُک
audit-of-conflicts = تنازعات
audit-of-patients = افراد
audit-of-alerts = الارم
audit-of-import = پچھلا رجسٹر
audit-of-reports = رپورٹیں
audit-done = ہو گیا
refused-bad_number_format = نمبر اس طرح نہیں چھپ سکتے۔ دوسرا سابقہ، ہندسوں کی تعداد یا جانچ کا ہندسہ چنیں۔
refused-bad_stretch = یہ وقت نہیں لیا جا سکتا: دو وقت دیں، پہلے والا پہلے۔
audit-of-clerks = کلرک
