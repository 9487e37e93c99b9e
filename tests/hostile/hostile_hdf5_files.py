"""Small files that h5py 3.16 wrote (HDF5 2.0), with what h5py says of their datasets.

Made by a script that calls `h5py.File(..., libver=..., track_order=...)`; dtype, shape, `get_offset()` and
`get_storage_size()` are h5py's, the encodings are ours. Packed by zlib, written in base 85.
"""

FILES = {
    "few": (
        (
            "c-rll&o2W(6vyA}wz83;qNys0X3rw!L=#b=^dJZh5|MVXXjB{B5+cH}{sRXGM+XN7e}q5DjoFzuwY%|~gT(t>Uf-M9nc3ZMX13pp"
            "{M2+?YqAww3<E+C1usuXtk0jT_98}xv4QbMQ}q_nmcV)x$4}`p-@*FwVlL<QehQ%Gd5p_w0P!Em=Oz~1xYE>-<U#ZI+Yab4|HFBe"
            "UK?F9zr%V2M`q9tF|Nv8yJk6sL%Zgbsuf=EVN6^ZZLY=ett;$~slTjsW^#U(d2Y<x&t-UUbTG}My4^91C+0@ka-2fN+Oy4!xn%Dj"
            "*p+(8Dw_l5Mzyk4+BP#MCbl}fShkM&BF)U|+UY63UVr1hk2*+m1VIo4K@bE%5CrktbSj?#bLF2!Ad7xL1Pn-k`1>yY?K`60#iS>|"
            "m~;%3KcJ!o>+62MqD}Y}d(}<5T#ya{e8R67^Y|5FKG0wF_3nFRUc~xGzTQHQx}Nxt1bscFr|Y=C-)0))5cqVN{pP$&bMsS-kD~nK"
            "k(htnBIf6DdPncUAS|C5Q@MPDYCmG&f37-jcYk-L`XMALDd;w!`wZK|{EfKnnx-+i3(4_xcA1ntLV*=D{?zl3y3(4u$|m0LulBvG"
            "Bx&iZ+6ta^-`CbHo?6DA))wwa<LX->xJSKwE3}9+-m2GY=}(;P;5pmf@C-ftejf"
        ),
        {"g/d0": ("F32", (1,), 6808, 4, ""), "g/d1": ("F32", (2,), 7084, 8, "")},
    ),
    "many, earliest": (
        (
            "c-rk-J!}(M5Pr|=*pB0bAP|J`XZ9cof5CAQJGKs8PB@SvIuJ<_iJ-(_Ln2H9aae%>K|v8DiYu;2aYafB3JQuVDXyTPprE9nprD|n"
            "pg4)!^?qY^H{Rz3gq00%nlEqO<lDEiZ)SI9*AGW?CtIVPQD#Ua!h)=wS>-e2?Q#2<=4XH$xD0$8AbqGZ*8zPy_~VK>o`rtm?8t~="
            "{n;UOoKM?Kj4&xbql}LHe#XGb>OL~%MZj)%*|8r-zw@}XUzfL-<EPNaz|2`2+p6!%E5*fpd0Hzjmgg4cb^Q*`EC1PET}#Bat|o(1"
            "`LfniCr*!X%ZXX-3`zE8dJ{U*=^`B2ZS`U)UoKD2=dTvktU6x2exo?QG?y=_N7Rc8^Oxo>tJ&KsX3M&=l)t4fQq7(_fA_Bb|BB;$"
            "gAV^`j&;!SHB5vsR;qe)BJAMPFcER^X_#ncc0LUgQH;Yjy~bLYJs&`?#V~Gm=;=IKfl=o?4BDV?Su?NM{507nV^WF~DN>|Jks?Kk"
            "6e&`qe7$U@J_E+oKZ~(p)Z;O|*6m=G^1V{+mn-@$+^oqt=eGKsFwZVru=gukEB%VA3x#57+UyW85B-YcmVQO$cx+S6zTU(ySU>b;"
            "U$4ovuXkpLi8C0#Ic(y6jF<aNT*dg&kcn~XFYE`8+(Nz->g&y5qrHIsUH^|g?)V?4b6nrS)IS>9%53|62IKqN<TVlr*JGPo9LJFn"
            "C?9cV_p74M8-H((??rDg&bCL`_IsFb(yxdy9|#1vnT1R~g|BoX;vFkkURVAw_f@dEuZBCs_SDDzyHjjOeeY72*pBk(gYJ#Lx19I7"
            "Z{J%_b~4L7Z@um<WTfBf`9-Pv<9q$`?=E@@@q=HCaBEyXdb`^X`KYmR^l^`jqgsB6#bq41`KD)|j3cK{epO{0)$+^O0YAhM)xw{$"
            "=J@@ZT0T^%!ShQ?iwO_4H?!2<iVIJl2Oe(W39fl&4Y3}oy>^SwF9G~-kJt{SI_rpw?S_Fz_SLBsfjL!dN4<c_13yFlob8hN)9I5t"
            "-7<gH^2=X6@;SuKH%|}BI9gNx9g=ZW%P;$n`XP>}7e(LLuJ(xSuK}MO6x-bdzC2XtiqP}I(T&jQY;-;v?v?q->63|LG9T6QODQ4m"
            ">u$bzmGna#QLd&{<$A^Te*&kDiS1S>XD7sVtH9Su|7YsP<)hr7fASGy1?+(W-l-RGtqXY9S{MN0tO_Y$8i<0vkRhG~un(97_5%li"
            "gTNFp4IBbyupaOw!IuPIvfq{qR@UkBLF4lMR7&Q1H{aY$%jYJiPhMyIkf*2*Nw3VG?G)S7H%4QFVmtcH)@({__Yd$+T5R_m_$DK^"
            "qqgU(T^l_geaQMPAJO-A&hLC`_12BMP`%!|5u?;wZ*t-3_rRlActS2b10HyS7M`#R&mjA{-zi31cv2pCLKdE87oM~Sp0I@{>cTVR"
            "fhS_&X>sAnc;IQa@WgC9;V<uI67_ka7M@l&p1%4#EfyZ*CyM_A)nr52"
        ),
        {
            "g/d0": ("F32", (1,), 6808, 4, ""),
            "g/d1": ("F32", (2,), 7084, 8, ""),
            "g/d10": ("F32", (2,), 10108, 8, ""),
            "g/d11": ("F32", (3,), 10388, 12, ""),
            "g/d12": ("F32", (1,), 10672, 4, ""),
            "g/d13": ("F32", (2,), 10948, 8, ""),
            "g/d14": ("F32", (3,), 11556, 12, ""),
            "g/d15": ("F32", (1,), 11840, 4, ""),
            "g/d16": ("F32", (2,), 12116, 8, ""),
            "g/d17": ("F32", (3,), 12396, 12, ""),
            "g/d18": ("F32", (1,), 13008, 4, ""),
            "g/d19": ("F32", (2,), 13636, 8, ""),
            "g/d2": ("F32", (3,), 7364, 12, ""),
            "g/d20": ("F32", (3,), 13916, 12, ""),
            "g/d21": ("F32", (1,), 14200, 4, ""),
            "g/d22": ("F32", (2,), 14804, 8, ""),
            "g/d23": ("F32", (3,), 15084, 12, ""),
            "g/d3": ("F32", (1,), 7648, 4, ""),
            "g/d4": ("F32", (2,), 7924, 8, ""),
            "g/d5": ("F32", (3,), 8204, 12, ""),
            "g/d6": ("F32", (1,), 8488, 4, ""),
            "g/d7": ("F32", (2,), 8764, 8, ""),
            "g/d8": ("F32", (3,), 9548, 12, ""),
            "g/d9": ("F32", (1,), 9832, 4, ""),
        },
    ),
    "many, earliest, in order": (
        (
            "c-rk-eQZ-z6hE)+x^C;f*w&4WkEMe#wlUUjV;^A~lsRTLKC+F4#ONIC6UvsYqd^HMM#&6BVlWew7)_Kc$dDibV-yt<V#0@pgn>lV"
            "fCSthA_PPwg71F5zDvuB2C~UL3EX#o_niCQ{hf2(de3cNt*WSu3{MURBo+&pAO?KpE*1A&eV>g#3-^~rRTZ@c>rVzd?im$fT2aCc"
            "fK?JEs86Em8v|-utB{@oQ4kLnSlQCk<Z1M_^msbDI#qnUqTq$ZU>&?R0DcV+qW-I<9n{3&RaeInWE<5o$K!DmTa40nk!nD=ewkj6"
            "J9PfMMKyTJ7`W$NNSryvIk{?Up#4(XuC*_BH+ejbolUD+>?QWPmhROpoxL4RZhN+Uc~@s^N1MH5t(}f~RM6e@oVrkZ$x~0STZc#z"
            "C})q$?(Y?zgWcat2h6l@<Tx1!73TBO0gEu7mkxx1em*Z9U{r<ba4$sAzD19Ft+XE|;A|a{f(yKYLKMX#?iu&$cv>0-Qlv<cB1MW6"
            "DN>|Jks?LP1Iwa$Rn^wnXy2`XRo&Gl0p6(NeZ2>3#3^L=ttg6aC(ha?Shft+HBb>G64y0Wbv3uR8%Y%af~aeh`qVYhtmci!RtqJV"
            "B&uqgNZJ9~o}{f<g0VthJ{jpuCheCgbc(*wM1Nz!gx?ehArH?>J7l$ta78GM7}arf9h*9tmN`-((E^Dt@Dhgwj~fgIg^*3=Gb%sC"
            ">5C&U8Y!V`y+0>n5dM2kuE&E<NRDPs0A4H~i5Da1<G=C}ZX+7jF~N)a-<(I6N9l<&k3>#Nl4KtF<E3`I%%ecu>`opFdE~0Es!$(V"
            "O%ZgC(wyNgU>;>YJ$gDdc64Onos_YVg_zMWwA@I-XrajHzWrxRqbG+e?PDQ_D{HG3<MS$m?{O$QdfZ7*zHZP@%sfO)`Zg)ZyP33b"
            "r4C3{+drHPxqZ0475g~^=|x~aS59L0;CI=R)s3~xNGqCXrHWdnUk`1ntW&k%TLt`PjP_KEVGX46XZn;rPa5dkD;v7IT=g}T5VByw"
            "(im8&YTF>DePTLnz?aJY`k63@FTYN|Q3MGFbXj{~U>@EN*<kf6d)-iuFJ10-FKk7d57-|4i5K3)Xm9qpK3IY;XJ=*&!T?stIJV;;"
            "{Eap;aQf$MN1z;|Z?FCS2%N%~SFWu%3ZLW4Tb;cp;5$6S!LkoeLkCf~+j|bCWAvLp+s{KLMhDiMy{I<mvaf8@CAf@lv3Z~88XUp8"
            "d$*@uhkC4VHu=JB$ifS%ZrF7P)?@Vg{Nfdl*VY&N-^{y&J@!Y9^2+0jIEtTI6DIj9inxZIEmKDM)Fd|8NivND{)Q&bX6ME<4ERYs"
            "aU?qxrlG^%LnId2*)k0aenL#bGn#ctF!EOeiFy8ai^Tmn)+Iq4$GRjH;#rr(R08XgAhmHOacm{BE(x{9vdq%a7zK~|GtaU#xpxpb"
            "@lKI@2Y<Z0HdXE&0&%k|UFMO<$)Ra7kNoj6lp*sdVEuEt%p;K#bC%2_f4oe}mU$Gg{y9VDk;uuy9GOS{cxjy}^C%EEFXhTS5;^I2"
            "$UO4L%O2-g%cIJ=x+i!ER*40;ik75&p}<@eCMQ-!9L6fi^o&6n2C!kGTstp)R9W?;i+=?IiMyP(rTStoljw7kj)RnkT5-1os<;o+"
            "KJ%qmX=h>$zT$4uSKKqy)?Li7njKpgk}CPI@HSTbR>?E?$a$Ja>?<;?eR<2(VO%A(Km*d8Lw-Lq`T33M&;SHLcxy^cAv72WfGU}N"
            "u9PJ(L;+O1Y}lODPYQ%{$kdVDpS=q<s(~oXnPd3?`l$xOFL$2V4gFLD)kE8E)epiD)j&D%-lg{sfQ>#FqNerc$3Mal1yH?paANi~"
            "=%)ax$Ch~pZXSRAmp5eW1}oVAVLIRGe6RDF&OJKU=mJRR5}m_zA)yN?T`1^cYv=9uMCqr8_KvHnaPcqGk%%x{y{o9MLtpi4>h0}8"
            "AJ|6viXRg86+a`!HG4-8_KJ_aNw9YYVQ=uU4-xG1g0MIG*qa6W{2=U2KK7x4eE~e!Pd_b!{j4DD%|7;Ff_-5S_MtxZ;evfp5cU=y"
            "`v}3lI0*YNAA2jtL$&zH9oatI$39ZDcZ_Tw;bR~5_~k$U%&F$lmY()9#l#N#jLlBxM!IEFOo<wr_l`rpJpXt8SLI;asjswOmm8XM"
            "PmW{m=Wp9)$Avfs@@;Ul^RIXY8abF}voX-b!Tiib2J#<(Hy5~)7-;6;tY^kEFqDIZdy^Sx;b4(@0t3T1SX^soU^tImM{a8xLnAcQ"
            "v3?3ets3flYbrw{H8gKeIzyv0H2>%{hDK{>!G#Ql#%SoQ-={M)RznM;vKTr}LyI!A85*ad#bq-X8n5MLZbJ@36ExJ(Gc$ny{{g)f"
            "AD{"
        ),
        {
            "g/d0": ("F32", (1,), 5086, 4, ""),
            "g/d1": ("F32", (2,), 5362, 8, ""),
            "g/d10": ("F32", (2,), 9334, 8, ""),
            "g/d11": ("F32", (3,), 9614, 12, ""),
            "g/d12": ("F32", (1,), 9898, 4, ""),
            "g/d13": ("F32", (2,), 10174, 8, ""),
            "g/d14": ("F32", (3,), 10454, 12, ""),
            "g/d15": ("F32", (1,), 10738, 4, ""),
            "g/d16": ("F32", (2,), 11014, 8, ""),
            "g/d17": ("F32", (3,), 11294, 12, ""),
            "g/d18": ("F32", (1,), 11578, 4, ""),
            "g/d19": ("F32", (2,), 11854, 8, ""),
            "g/d2": ("F32", (3,), 5642, 12, ""),
            "g/d20": ("F32", (3,), 12134, 12, ""),
            "g/d21": ("F32", (1,), 12418, 4, ""),
            "g/d22": ("F32", (2,), 12694, 8, ""),
            "g/d23": ("F32", (3,), 12974, 12, ""),
            "g/d3": ("F32", (1,), 5926, 4, ""),
            "g/d4": ("F32", (2,), 6202, 8, ""),
            "g/d5": ("F32", (3,), 6482, 12, ""),
            "g/d6": ("F32", (1,), 6828, 4, ""),
            "g/d7": ("F32", (2,), 7166, 8, ""),
            "g/d8": ("F32", (3,), 8774, 12, ""),
            "g/d9": ("F32", (1,), 9058, 4, ""),
        },
    ),
    "types, earliest": (
        (
            "c-rk-Pj4GV6o0d82P<)jt42wh(#F|x$N@Pi>LDbplB#tYNJJt6QY8fO+F2(Nu1#&Xv_uu=gt>t@kOPNETsUyxz&GH+jRPNmj{rxc"
            "9?I^_8?R@x|7-+x+V_*9ml?mAoqhY8nfKn#ez|sQ^~~_pFgQr1AORWZ##6-Jx>}aM7f>>kZInM~vVMsFHi`8a>_4lE@;=tT`%XR&"
            "pm+NBUgz&|AyZg>GN-nG=}jRQfbcwGEq`Onkw1BOwmv6$#=xOm7VCAJaY<XA%}(2#=8S`h6ij^9<8>up+vh}CUOx?Mc-@y_%x2|B"
            "R^4puJh1AGgId+DKhGF%nd!`plrm48v9)z~?%ck)xxoM%c=Q~+o_ixVZ%dq3a2@5LQL31Y#!l6|YZ;5iwsr5mRc#)a72`FdRI8Q`"
            "_Kd|t1AlGUl@;@mJxF8m{SO{L=5|t%Kq;?NEUDv=<1)R^XOuWfAP@)y0)apv5C{Z96wb;#1D0j}EDb9dcc&o*lfc7w9_=@H{W&IL"
            "b;g(yw`-j^y;xN96=!(9;%;r%s_cji0mR5xT<^+P@auu@o7emKf+!cTUgY&yU|w(QylhW+5h3$>cd#t^bUd!=?argT0tzoz`n>M;"
            "+ncu-Bs%%RtxMthlAmL*gzL@9c{d%dC-c|~W9t1Bu-qCy9nX(JQjDF+vUq}WJz}8VpOcq${twE_CT+_&ziXPtgq=ixIy;&Y8VSz`"
            "+5=?|!7Huvd{-vp@#?!NS_^vRmUpk~pIbj(P-o>}atl|6W$7z;*9zBH7~*@p*=*M5W9;qFwYTdr?5+cNB-(vu8GBxVt0QprsUBtb"
            "S1+oo{vg{OVEHd~&*`6^qga=L;Uo-?M)Gsx(rH-x`r8j?g&(Pjx=hOD=<1D)?L7A(-^<HJ!8R&P!wFV9c=&AX(K|_6Ty<O%)3hEp"
            "fbd!L4#1x_aoPqO`d-%GWzYUkgc0MCflu%_zn)PoD{(Z?o1R(hcUcKq=3NVc$3ov5{!gwwU`vX-JtgtJWjO)v5fj&5!U<;@Q#SP="
            "8QX2pMTaA>z{^aN&mqN+A2jywm&+BaGus%}?^@-G*>vkW_Sf{^FT1yqa3|`&JH+CI+)ilY4Y|`1?M8CajZooTJtjPQL95H<06nk%"
            "T+aV`iI}Swfj}S-2m}J5KRo=fR5(ua{058jf0W;yi16on_q(&g?`E<6>zh}6{p+p&)Q)>7i<Xf4W~I!_SdS-ap@H&21>1cpWUVS1"
            "?$v9baJ^c&$^B&Pu!;(el36k90L@3Do%2#~w<}VfjTom$RVO>v_+lwsU#7i&F~ap^GVj{OaJ?4F&9}n!<PrZrRtIz5h<J<j9B&;i"
            "QQSiy5C{YUf$*ZnTPNT7sIipyosaY}-FHBl&g)YdOZml6U9r)(*W4~O*WGLlv`-y%Oz<~PjNr8!`P2jgfj}S-2+uc8`qe4v4{E}1"
            "?)S*B_d^zmqf==Q<`YNAqr4Gz5Z@J@I68fNO86ll-h~X|M^XSwx$t)QH41#54cGe^<)631_3i}3bp>zCi1Jr0ygzw@?3<Zq&9A7l"
            "iy3~5T+`G$3g+9+x<B8(8c>F{mYu(U0RE3Kg#"
        ),
        {
            "b": ("BOOL", (1,), 8032, 1, ""),
            "be": ("F64", (3,), 7460, 24, "big-endian"),
            "c": ("C64", (2,), 8305, 16, ""),
            "g/d0": ("F32", (1,), 6808, 4, ""),
            "g/d1": ("F32", (2,), 7084, 8, ""),
            "grow": ("I32", (2, 2), 18127, 16, "1 chunks"),
            "gz": ("F32", (8, 8), -1, 48, "4 chunks, shuffle, deflate"),
            "half": ("F16", (2,), 7756, 4, ""),
            "named": ("F32", (2,), 19295, 8, ""),
            "one": ("F32", (4, 4), 15227, 12, "1 chunks, deflate"),
            "s": ("STRING", (1,), 8593, 2, ""),
            "scalar": ("I64", (), 18687, 8, ""),
            "vl": ("STRING", (2,), 8867, 32, ""),
        },
    ),
    "user block": (
        (
            "c-rll&r1S96vyA}Y7C;ap@nsdIfq225`-eHJw!%!2qJ8?t)z7&x1td5cJtVu(6K+G|H@|PhwgfcA_#n+%j3N_^X3in_OM?7WR`ig"
            "%lnzsYDzeiLINzAFr*nN-tuu@@4r-*C_7O0-O%wlkyG1wby<JSl>V)XpPp1I;p)*8`W$;nT8d9Llh~Er<ItXs=ScEt#MeDf&7=Lx"
            "bM?FqveN%h@wBQ;U><UOD(~E`6V#vFZqVxZJibDR*lCS>p|QS_VNG+=>%m_2kVGyPT^F)h*e+~LK1(Pm+ha}734*%sv|UzYHTV9}"
            "^&eV}$JSZ1<6pOKSh2@cHsC?edErg6;`v3tAGzmX0cQ+B5ClOG1VIo4LH?RWturWJ>t|`$QF=fcDC9x>zKg&8K*X~|Y665v#X#!="
            "+B(o^#Py1d&@0-VE7z+_g#f;xSCk@pg*XqAGDoytAr(H|M?&q>*5sALj74>CmeMz<h#Q7M<f*cbNruZ1>0`q1U%p@Ms9GlcCc4|L"
            "9M1I5AbdVd_yVN1TH^"
        ),
        {"x": ("I16", (4,), 6288, 8, "")},
    ),
    "many, latest": (
        (
            "c-rk-eN0nV6hH5^&{A4fZ22AoieiycXem+%f<eR@ASzU2=8RU0fYvf;ePI&jX56Bp$^LLtwwdW73)ysG!{|QzV~%Ar`%q)TG{%q3"
            "kIc+JHqDGPo4UUH?rU$Kc?%|Qf4uCSq<#0Cdw%!6dwPHGzI)#5c28rIL6@ylX|=%1BP^yGPA|vy<NZ_4F7PzA(a>i!0*o0s^AN7q"
            "(Le#PHK$WKiyhbK>j6}d0%lMHtn29Yg;p>fy`k=&AY@S#u<fuP3OQ?mj(jIXK4Tb;>?*D=+jaH4ISX2l$w*XV2rEu|wVgd>8tb$0"
            "vEQ;f;0uLT1byo}EH#$)jtv_-g5hpoz+$tk?g_5x?zGhOTX1bCVhs3Rh@7RRX4&$Af#?~;L=Ex%GlKKr`)6=PBGy$=J6E9*w8!8I"
            "t)M*yS0q7vdkn77VO<kvXCN8t+ITyo$9j^$&X2>u|E|J%?2v-($&b}DadBFj0*WZ2h$4z8qKG1jD58iWiYW5LvS5y<nVv!>DtOUX"
            "vb$@2WT$HeK)ZLe*$;t<;<n>7MNzb1d+vi(tMqj&(7+`q*7x{30xP(TfM|YV7LlJ|_0cUkD{*dw%Y&p%VcRNma4y}M*cF|(^Jz}|"
            "3Ll|Cinv@|SlZ0ShU-}vn?yZ30IIVE=Vsn%&z^@)IAWyCTxcjkMnh!=Dm6b3XD0F?Lkk(3*^ESFgesjjG8Pq;WQxyTz^MFY)QS48"
            "wP<Du;vt+WlZi)`IX>GW$9OC{aB4GGdZ}I*6Fz&TdV-jgrg6S{8OOwbiu#a`N#tv`6x^AcE`RQfY$^OyD()=KkUw{df9lPVk~@1d"
            "<<FgOQa9~s@Om1#wUb?d{8p2b9~VC|jo<yP04N>Ru4KudYNnS9$C}#P=fbb}zJVGBSjI-7Ab-4D{C-ISW<HZ6e`ad-weCXUJArS?"
            "C@%$vP!zVnt}$_-G(@h=lRuFYdL|4_ZJveb857MvfFp0khq2C2Q4r2HESZz+QB5Ez99;@bZr(PyiFtr7EeWh&GP<<X=JI{;y<DJj"
            "mo>FVykJ;x?Vuj(Zz1$W`rvCu@pU5`;*Yx@Wj$>0wlqOPYwJ=Y+yeG_n6WFj2=1dIb;Mf+X%t&LS@ee+>QS-n=*S$jZAgKQuZ#xZ"
            "G%7X(x)@ju>=U=4r#@jogM7ob3)|ola;TkAau}XR4%YA9K86O70u$Hwjzbx;zSVzm9Co1M&D(3gh5=N(7YzRZ4%FDOx(_B`KIiZ#"
            "d;w0N7Ea&qx&#(v9qBuN4bo6?TixId*n=E)ejK_Dg{Xzmp~5>*iyY2pU;PVOk+pfr`ww9WvbxT=Hvb>DqtdNW-hBD5QPpOnU8+UL"
            "Um*WQC-qIkpHi+OeHQtzA_ZT%2BhZBYlZUXj<sbfEfsh6PnAD+E}emPDY<iGn*6zwekiY4YVLerB!BMIJp0jQskn1-y8OAL8r(=r"
            "$(`S=^5@REp*D-u+|kaEKX)e1Hoh(ucQQ-l&z)IG6RV`;j?E^2?ku|XVyD#HX)KjLcS_giW=h2!uU-D!2|g?ymy$bOW%B2asjc)R"
            "$sJHcu7Z-ETCwD(7hnDO1atJtrjBn#Kl$XRIzIVnWs{#S-p2fR^=B@v$@l#4X-#Xi<~N+j#A*HL@$${>>rh%#3&pHw6+1Y9yiKnb"
            "K`X=zYjRquSe`}=+Zu8fLzp$VIm42jC2v4F0WoYiz8_8zjoN2xhhZz>@k{XBA*dzV=)C7W44)Go2W}iZ3U|o!xI1<Q_7II8&b8f!"
            "m4u-#G;(*tXRYrkb9d5n+|$?)eQ^azvt{3X6(n-6$N0kG-g43RVptg?uJds)hbW99U}_=EDGH+rSb`8%AqrCwutXuuB??m$FpUsa"
            "IjO%gX@#(vqOe2)mL!B#iNZ7lOeci7MPXV3mMnx-i^7r!m>$72#Lq20O>_j#@EA^fo+J}E<!?p*A^-VT)L0pMclkLAXn*;GRDN}#"
            "{SJdErZ@}CF{Pq9EvC5Ur^l4a<ry($=E2OEQgtmWrnrl8VoJ3qk5^QFNBPoxLURNP2+g_GLTDAc3kl6NGL_IOznDg7GtU$eTGjRG"
            "gy#O+N@&&k88OXSo?k*}4!4caoSsrbt9Z^Xqu>7@+N2^7"
        ),
        {
            "g/d0": ("F32", (1,), 4873, 4, ""),
            "g/d1": ("F32", (2,), 5145, 8, ""),
            "g/d10": ("F32", (2,), 8548, 8, ""),
            "g/d11": ("F32", (3,), 8824, 12, ""),
            "g/d12": ("F32", (1,), 9104, 4, ""),
            "g/d13": ("F32", (2,), 9376, 8, ""),
            "g/d14": ("F32", (3,), 9652, 12, ""),
            "g/d15": ("F32", (1,), 9932, 4, ""),
            "g/d16": ("F32", (2,), 10204, 8, ""),
            "g/d17": ("F32", (3,), 10480, 12, ""),
            "g/d18": ("F32", (1,), 10760, 4, ""),
            "g/d19": ("F32", (2,), 11032, 8, ""),
            "g/d2": ("F32", (3,), 5421, 12, ""),
            "g/d20": ("F32", (3,), 11308, 12, ""),
            "g/d21": ("F32", (1,), 11588, 4, ""),
            "g/d22": ("F32", (2,), 11860, 8, ""),
            "g/d23": ("F32", (3,), 12136, 12, ""),
            "g/d3": ("F32", (1,), 5701, 4, ""),
            "g/d4": ("F32", (2,), 5973, 8, ""),
            "g/d5": ("F32", (3,), 6296, 12, ""),
            "g/d6": ("F32", (1,), 6623, 4, ""),
            "g/d7": ("F32", (2,), 6942, 8, ""),
            "g/d8": ("F32", (3,), 7996, 12, ""),
            "g/d9": ("F32", (1,), 8276, 4, ""),
        },
    ),
    "many, latest, in order": (
        (
            "c-rk-d2Ccg82{excDuXXLXT}r%hhb5l(v?3=^fZ&Tb3eMEv0EtsD-vr=ppQ~a)^R*Du1AefPevmq#R8uU?Bk^S~Ns%BZve7K@i0R"
            "q;dolaOZj#SyGZm^y&MOcHaDEzM1#F`F`_ezInT}sL&N`iLvNSCSdZ2%7Z~9pGxr?*PNS16&04~th;n}jOaO;id-x@z*Ry*(Ep4u"
            "QoE4#WaRq<YaVV8I)M!g08^`{SGp^_)zjUzjSUdZae!Jtf22zj=zRYJ&|T36IKG=3Ap}_rq9TCxudf_Cq+rx=azo-0(hw3yN=^!T"
            "Tpi61r0E>{#JWniyP~18zS^E^A6-3dMs<UywzAHiY@gWJP*Xd}o;$}*OWi)Ou5y;|-tD<Bjhj0cKbKStAno5PyARgC*DE!Yp2tZ+"
            "psYPFEilR2^U?yd%<x`XV4?Xy3GRg;nm0*tua)M_GMqg}FikD;a$2Di#e*Iz_e$(k-U&3(L=#Ok(L@tXG|@y8O*GNusby3_(J*TU"
            "+IQ>0>f6=Y0Ps#7Z|vO=&XKLRj^j9;Y%5*~6DC-lD6jWzZ*h>KzOkyhu7d3U{l+K;ieeNfKg@aZuq=wwg%&^TM$+ZoN!m(N7Db8Z"
            "hBx|pD@3Q$eR(uV$H&knUVhdVJiX{%2(lu(7ro!ukI{xB90ooLGszoDuU0k2ViRz{aW-OZP8Jc-+kgv=?MWjWu@Gf~s5enW!)FV<"
            "#T15uPYc7P(GO@*pGWRGYQ>{0w};&QI%1ENHtH2Bw#UaCdPS0}d3kc1u;`cmDQvPOg4DID*d{g0)+RHX`2G!2f;(SEs-HVOws3uv"
            ";?Auo^>e4CCEw#3J$f*lqc0B5H{squUcnvU;CW<@^goVvSCU??X!X<U*ERKb@=J>f$qO63qpA`fq_gK@Pqz5ENcWT5QI4GJV$@I0"
            ")z$OvW2>5xRfCCDGv!u2y=TF-Cob3&p!T({>Zi8Rc}tI}y^T61SIWV5Y=z=6moIj>9c5UbVpl)wxo$t(TqQ-t_{>Yk4g`^~1?*;e"
            "dd6l`-hm9#v`YtjGze}>XM<Q@TH|2I{xi3(V8#TXdO?^mDLq&pte2rX-z&hijHp&;QY%(oYyR8&j=M(tYQYIk${5{acU25CA(p?V"
            "lk`Ox2hw!n!{5U4ONYB4V8n>>5SZ$#9SI?myT`+Pe97%9?FY^H@=*M(Y>3dI%aYcn0=%t?gc%E4>L3qa=GRU3!V0vbfi<1?cwrSr"
            "J;`U6z!-cvATg;Kns9}L!|Qg#13>7h%d6WU52I`6oNI&c@Z~Qzr+fon;LE!Wo}=(1Zeh1`+bO6e6&`ucLSKv?zc=|jBx1B_=9!-$"
            "0$(n1zIz3(;x3l$aNmSBT(@OSTsxHF3TI+2{Rv6<frgcBeF$%0w0%g<l>gWE8IQkkXiu!iUToB^ynm5_;!nPbCHXfR85(vzO)bhd"
            "O?-o$MpIAV=WjCD?ChDk0Xu4@1IbR7sq64F74b!OK26<%KV>HF*_maDGxAdd@%d1eC4L{qvc!qQS(Z@2#<IkxB3PC<X(Vq+>|0SR"
            "OI)qOnK<y@=mpBHb6j!iU+1j<?EXTfRw`w^)W1?GoNYRy<XU4&Z}qP=hSwiTP?|e$#jBq?7k`g`M=9>S-$(u28Go>Cqmta&oS=U0"
            "TqytKRi(MJzpwhalQVeM7NxjzEK&X3nfBTTOO)i!r6l!pXYaw8=alBo{bcoX=UV%>$CcuaB}M(*IdI-utR#1O^iw}~7N2SjP?|fL"
            "sp{uW;o9XnN^!@Prhe{>InlONN$!kwsGmETu7i1E?zoDE=JQ`S;Gm3?rURrQS0)+d=JTM*KPWgfZUR4{@lrbLvC{~7NSukagS{C<"
            "nxyFjU-}@MVb^=K-67#@*0X&26<R{!>;%4KJ3aiN37?jIKYt|-XPR&f5VFXRWqQtD6b~bS00^(?Iy?*U69XvZxFo;p81Nt<n*{00"
            "mL+{iB6(S)>ELPmHo!63C^BKnAk(L?fYv~oR~vrV4g+W#C~!IHZfP^@r8UrOvGK~LR%oXHGEL3xofmM35dkPL+T1<)CcHuc6gYLd"
            "n{GE2x6IXix1)l`-z*tB$=FNAOfo!@p^-R{WJn|fCUFUgOG#Wo;#-#k*FVz6>6y)OMTPnNr*v3WbbGN*?;AS&d0(Z+Gd<PscYR21"
            "h~DoKwKTtKoJh?eS9ADP(}~mq<ZAu>s_8{)M!8zLUp0eBEl{qO(V?GXn&fJke$|X3HM3kT%dc9XNX;Tw%l4~g5~&5r)pGo*nMG<="
            "tQII5ZvSp#5$Od#rsv;Jf<$`Sk075R|M_L9&+6l9N4hx!JC)N{IUKok$Hp0=1hoIiG|hPbx$#HK+apG|@WHaKDs@&E8-9)l)0T!a"
            "kl*uGIo8`4sOQ1{pGPpzz=P>uM>3HAwRcs<Ur`J+@?d63Gy?;9Fl$2$15G@b-QJafW**GRwKLGd`)*q53vmn$6412qy%=g0P=~iS"
            "LxTmh|Dt$?b`sF^kNPmQvw&voNMLA)fM$Nxm!Y8onsqvnp<x1=eLabx;R2fTFqxq?ftRUaDGZGe(6q#Ue#ZZAmUw$4"
        ),
        {
            "g/d0": ("F32", (1,), 4997, 4, ""),
            "g/d1": ("F32", (2,), 5269, 8, ""),
            "g/d10": ("F32", (2,), 9302, 8, ""),
            "g/d11": ("F32", (3,), 9578, 12, ""),
            "g/d12": ("F32", (1,), 9858, 4, ""),
            "g/d13": ("F32", (2,), 10130, 8, ""),
            "g/d14": ("F32", (3,), 10406, 12, ""),
            "g/d15": ("F32", (1,), 10686, 4, ""),
            "g/d16": ("F32", (2,), 10958, 8, ""),
            "g/d17": ("F32", (3,), 11234, 12, ""),
            "g/d18": ("F32", (1,), 11514, 4, ""),
            "g/d19": ("F32", (2,), 11786, 8, ""),
            "g/d2": ("F32", (3,), 5545, 12, ""),
            "g/d20": ("F32", (3,), 12062, 12, ""),
            "g/d21": ("F32", (1,), 12342, 4, ""),
            "g/d22": ("F32", (2,), 12614, 8, ""),
            "g/d23": ("F32", (3,), 12890, 12, ""),
            "g/d3": ("F32", (1,), 5825, 4, ""),
            "g/d4": ("F32", (2,), 6132, 8, ""),
            "g/d5": ("F32", (3,), 6470, 12, ""),
            "g/d6": ("F32", (1,), 6812, 4, ""),
            "g/d7": ("F32", (2,), 7146, 8, ""),
            "g/d8": ("F32", (3,), 8750, 12, ""),
            "g/d9": ("F32", (1,), 9030, 4, ""),
        },
    ),
    "types, latest": (
        (
            "c-rk*du&rx82`?_x3hE|ZJ~QJ=sLs+%XkP9NM_mCN(qwz+hD{8yWP5nbS<<KHkUaxQG$q36OtJfA%YqRia}8cPGr7KSo9D7F)@bl"
            "hcQGT#`v7`JnwF=9i8YO)ZAZkd(ZjK<DT<7-}%mWzU~QB`?G8XHrZ+gfiVu(T$W$J<?~*Ba!p;JdV>T#PA9-gClf!zi)|7h08%pI"
            "Vv=%RV)p^aFcsXO0BjA#)cBSip;){#8i9O-fb>HiL@QfC!oL>$oaD`^TxQ=YyQr*MSyxL%PF*o?La?ZOSveW9#Pb#W-RErytMT}j"
            "h}sqMF89`lw%;F$ba$#@Z<)6x8foin_b%`A^3pgKhSgp?O7HT!?&<H>MlcSAzr}ZgEs5h0<5CUn0uC@?!h{JECQO(xVZww76DCZg"
            "K;6o~8fh9yWz1rdLH@QcA-8lpSiucIZ}0T7ABX9PUDG9mkYu>Fs}Ky@?;s7cSb(A{+8PRPVG)4|;}aFS_yoz1e)0GSkBzXgjTykA"
            "BN<tw8>w}{C=Zbc!NRQROprZ|jKSENL{*C2tj0<~ggud$ucs7#O1L3)Kh9yYg`#k(k;UUn-pr!|Mu3o;QG*PT3)v0G<(b7J9UjQF"
            "Lhb;GaNxPfHY=W|jHXOajE2C8^wX&KeI55v%`)&|RF%o_k<VAjn#O#rKXiV8rFQv<M%kB=?UBK@huYm8TQK3i0NuVI0kgRamlYam"
            "m38GBt;If0*$P;k35&<%L|V6Hv$}a{OzYZp6|af3?+WnQUY`w|l%_g(-U&7f*c=8;9nMMroh!fca9ErP#O|FdWb*l<f-6a*p^@fI"
            "DNSE7peBjsoz`(3_gB`|*FeLD#u_Zsv#I1Ib^tG?1%WRWp4^Q5^>|K0{18Pm5nLdNdFPijT$k?M4rrsqEMN?;KoW!52}&wE>dObN"
            "yBts4Xw)6qcdY7PdNQe$&<aSnE_!bE6eKbZXVToITYCCEHAwa_wp*5Dnvr9{A~N0m-*%~!Gk?iWC`zKlNW98Tg(r>8-`mG~EQGe?"
            "P9t_`4V!(qsR8K@XbY!I<Q2V6&c<b!Tj9q{^uDG~l$n_WNRo)_i)am`rN|=SI@oY3ifpSb;@v%Zqfq;EN$}V|Y~rsBR0DF`#DUt)"
            "Cl&qk@a3L+Tbd8r>4A^@mDN>%#FRUV{_f3xl|*(SiR_0YvJVP#d-Y$NC~aJ51rpr><2%Jd+wnpp-SQTZ5{WJ^(htw+<%vgbkcGZ*"
            "tYf!-Ltq`;M0bO8yhQAyncN<W6B3N(hGVk->nggIh_i{nRVrk+<lBF(YQVZ=A@wq`q_x!P5#JDBY5ZtWlfNF<0x>@0@iG3rb<jiY"
            "94oPKSB0M<+Iw@xz}2dTT0dBxEj%;>j?mAw{V`Aiee?!-$+>DHL~t?-YA%O1K`~8^9(080Km86^8>{bvK`QN%g4<y=Rm}(U4(x<C"
            "s4upE_@@DSb+*Hgb-SN}Mw+}kmiq$ip*{S5)^i3vq&)-%hd!tOoo7K~{r4k~P3ykA;`uA^B{l2c9B^DRqapt>u4N&NYA^POcIsjq"
            "KzwCkA(&;b;%kON480^NibqkLw$c*b;Bb0yvd?wrJ2k|%gVm!r6<ezM$Y42l@%fGx<TV@X)>N*>PNZODTS+3bCK%q``}zq@8=3i("
            "CKHU&JRyOz>AyqczK6;TTxdH_L{Rh`oSS0^NPY7Eu~uWFN1sFb%ao_LA8pk?c_b>Zm!ELA>Y85s?(|^FYlIDCN&1Wvm=N_WHIRBb"
            "ooRe}xa<^(^^wOPz|N@%tkao2wmutk)L!cn)=dhATHPX}bg1FBx3WbR1%JuW(k-`XK@k-1&)3@T2%jp@GVKqzW{8X&jf8$H(z<Ss"
            "MR(5N{vxs>B_3_-mSKJ{gv%nh>e1PvYDT<84Xd$JH*4K?_lk8xU?Kkkw2sa(kN4F03v?8fPy"
        ),
        {
            "b": ("BOOL", (1,), 6148, 1, ""),
            "be": ("F64", (3,), 5488, 24, "big-endian"),
            "c": ("C64", (2,), 6463, 16, ""),
            "g/d0": ("F32", (1,), 4873, 4, ""),
            "g/d1": ("F32", (2,), 5145, 8, ""),
            "grow": ("I32", (2, 2), -1, 0, "chunks, extensible array"),
            "gz": ("F32", (8, 8), -1, 0, "chunks, fixed array, shuffle, deflate"),
            "half": ("F16", (2,), 5827, 4, ""),
            "named": ("F32", (2,), 10249, 8, ""),
            "one": ("F32", (4, 4), 8720, 12, "chunks, single chunk, deflate"),
            "s": ("STRING", (1,), 6793, 2, ""),
            "scalar": ("I64", (), 9922, 8, ""),
            "vl": ("STRING", (2,), 7153, 32, ""),
        },
    ),
}
