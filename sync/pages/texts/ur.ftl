# تمام صفحات کی عبارتیں

language-name = اردو
language-direction = rtl
language-locale = ur-PK

page-language = زبان
page-close = بند کریں
page-cancel = رہنے دیں
page-loading = ایک لمحہ
