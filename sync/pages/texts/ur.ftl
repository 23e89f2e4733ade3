# تمام صفحات کی عبارتیں

language-name = اردو
language-direction = rtl
language-locale = ur-PK

page-language = زبان
page-close = بند کریں
page-cancel = رہنے دیں
page-loading = ایک لمحہ

known = یہ نام کیسے معلوم ہے:
known-typed = لکھا گیا
known-chosen = چنا گیا
known-pin = پن کے ساتھ
known-signed_in = سائن ان
known-key = پروگرام
