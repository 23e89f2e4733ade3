# تمام صفحات کی عبارتیں

language-name = اردو
language-direction = rtl
language-locale = ur-PK

page-language = زبان
page-close = بند کریں
page-cancel = رہنے دیں
page-unreachable = اس ڈیسک کا پروگرام جواب نہیں دے رہا۔ آپ نے جو لکھا ہے وہ یہیں رہے گا۔ اگر ایک منٹ میں جواب نہ آئے تو کمپیوٹر دوبارہ چلائیں یا منتظم کو بلائیں۔
page-loading = ایک لمحہ
