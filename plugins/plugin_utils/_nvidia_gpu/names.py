# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marketing names of NVIDIA's GPUs by PCI device id, Kepler and newer. Made by tests/tools/gpu_table.py: do not edit.

From the list of PCI IDs, version 2026-10-24, https://pci-ids.ucw.cz/. It may be used under the 3-clause BSD licence, or
the GNU General Public License, version 2 or later; copyright of the compilation: Martin Mares and Albert Pool.
"""

from __future__ import annotations

from typing import Dict

SOURCE = "pci.ids 2026-10-24"

# One text: as a table of literals, it would take longer to compile, where the folder of the collection is not writable.
_LINES = """\
0fc0 GeForce GT 640 OEM
0fc1 GeForce GT 640
0fc2 GeForce GT 630 OEM
0fc4 D14P1-15
0fc5 GeForce GT 1030
0fc6 GeForce GTX 650
0fc8 GeForce GT 740
0fc9 GeForce GT 730
0fcb EXK107
0fcc GeForce GT 720
0fcd GeForce GT 755M
0fce GeForce GT 640M LE
0fcf GEN3 ESI
0fd0 NB1G
0fd1 GeForce GT 650M
0fd2 GeForce GT 640M
0fd3 GeForce GT 640M LE
0fd4 GeForce GTX 660M
0fd5 GeForce GT 650M Mac Edition
0fd6 N13P-GS-W
0fd7 GK107-GTX
0fd8 GeForce GT 640M Mac Edition
0fd9 GeForce GT 645M
0fda GK107-ES-A1
0fdb GK107-ESP-A1
0fdc GK107-INT22-A1
0fdd GK107-INT11-A1
0fde GK107-ES-KA-E1
0fdf GeForce GT 740M
0fe0 GeForce GTX 660M Mac Edition
0fe1 GeForce GT 730M
0fe2 GeForce GT 745M
0fe3 GeForce GT 745M
0fe4 GeForce GT 750M
0fe5 GeForce K340 USM
0fe6 GRID K1 NVS USM
0fe7 GRID K100 vGPU
0fe8 N14P-GS
0fe9 GeForce GT 750M Mac Edition
0fea GeForce GT 755M Mac Edition
0fec GeForce 710A
0fed GeForce 820M
0fee GeForce 810M
0fef GRID K340
0ff0 NB1Q
0ff1 NVS 1000
0ff2 GRID K1
0ff3 Quadro K420
0ff5 GRID K1 Tesla USM
0ff6 Quadro K1100M
0ff7 GRID K140Q vGPU
0ff8 Quadro K500M
0ff9 Quadro K2000D
0ffa Quadro K600
0ffb Quadro K2000M
0ffc Quadro K1000M
0ffd NVS 510
0ffe Quadro K2000
0fff Quadro 410
1001 GeForce GTX TITAN Z
1003 GeForce GTX Titan LE
1004 GeForce GTX 780
1005 GeForce GTX TITAN
1007 GeForce GTX 780 Rev. 2
1008 GeForce GTX 780 Ti 6GB
100a GeForce GTX 780 Ti
100c GeForce GTX TITAN Black
101e Tesla K20X
101f Tesla K20
1020 Tesla K20X
1021 Tesla K20Xm
1022 Tesla K20c
1023 Tesla K40m
1024 Tesla K40c
1026 Tesla K20s
1027 Tesla K40st
1028 Tesla K20m
1029 Tesla K40s
102a Tesla K40t
102d Tesla K80
102e Tesla K40d
102f Tesla Stella Solo
103a Quadro K6000
103c Quadro K5200
103f Tesla Stella SXM
1180 GeForce GTX 680
1182 GeForce GTX 760 Ti
1183 GeForce GTX 660 Ti
1184 GeForce GTX 770
1185 GeForce GTX 660 OEM
1186 GeForce GTX 660 Ti
1187 GeForce GTX 760
1188 GeForce GTX 690
1189 GeForce GTX 670
118a GRID K520
118b GRID K2 GeForce USM
118c GRID K2 NVS USM
118d GRID K200 vGPU
118e GeForce GTX 760 OEM
118f Tesla K10
1191 GeForce GTX 760 Rev. 2
1193 GeForce GTX 760 Ti OEM
1194 Tesla K8
1195 GeForce GTX 660 Rev. 2
1198 GeForce GTX 880M
1199 GeForce GTX 870M
119a GeForce GTX 860M
119d GeForce GTX 775M Mac Edition
119e GeForce GTX 780M Mac Edition
119f GeForce GTX 780M
11a0 GeForce GTX 680M
11a1 GeForce GTX 670MX
11a2 GeForce GTX 675MX Mac Edition
11a3 GeForce GTX 680MX
11a4 GK104-ESA
11a5 GK104-ESA
11a7 GeForce GTX 675MX
11a8 Quadro K5100M
11a9 GeForce GTX 870M
11aa GK104-INT
11ac GK104-CS
11af GRID IceCube
11b0 GRID K240Q / K260Q vGPU
11b1 GRID K2 Tesla USM
11b4 Quadro K4200
11b6 Quadro K3100M
11b7 Quadro K4100M
11b8 Quadro K5100M
11ba Quadro K5000
11bb Quadro 4100
11bc Quadro K5000M
11bd Quadro K4000M
11be Quadro K3000M
11bf GRID K2
11c0 GeForce GTX 660
11c1 D14P2-30
11c2 GeForce GTX 650 Ti Boost
11c3 GeForce GTX 650 Ti OEM
11c4 GeForce GTX 645 OEM
11c5 GeForce GT 740
11c6 GeForce GTX 650 Ti
11c7 GeForce GTX 750 Ti
11c8 GeForce GTX 650 OEM
11cb GeForce GT 740
11d0 GK106-INT353
11d1 GK106-INT343
11d2 GK106-INT232
11d3 GK106-ES
11e0 GeForce GTX 770M
11e1 GeForce GTX 765M
11e2 GeForce GTX 765M
11e3 GeForce GTX 760M
11fa Quadro K4000
11fc Quadro K2100M
11ff NB1Q
1280 GeForce GT 635
1281 GeForce GT 710
1282 GeForce GT 640 Rev. 2
1283 D15M2-10
1284 GeForce GT 630 Rev. 2
1285 GK208-100
1286 GeForce GT 720
1287 GeForce GT 730
1288 GeForce GT 720
1289 GeForce GT 710
128b GeForce GT 710
1290 GeForce GT 730M
1291 GeForce GT 735M
1292 GeForce GT 740M
1293 GeForce GT 730M
1294 GeForce GT 740M
1295 GeForce 710M
1296 GeForce 825M
1298 GeForce GT 720M
1299 GeForce 920M
129a GeForce 910M
12ad GK208-ES
12ae GK208-CS1-C
12af GK208-INT
12b0 GK208-CS-Q
12b1 GK208 INT
12b9 Quadro K610M
12ba Quadro K510M
130b Q12U-1
1340 GeForce 830M
1341 GeForce 840M
1344 GeForce 845M
1346 GeForce 930M
1347 GeForce 940M
1348 GeForce 945M / 945A
1349 GeForce 930M
134b GeForce 940MX
134d GeForce 940MX
134e GeForce 930MX
134f GeForce 920MX
137a Quadro K620M / Quadro M500M
137b Quadro M520 Mobile
137d GeForce 940A
1380 GeForce GTX 750 Ti
1381 GeForce GTX 750
1382 GeForce GTX 745
1389 GRID M30
1390 GeForce 845M
1391 GeForce GTX 850M
1392 GeForce GTX 860M
1393 GeForce 840M
1398 GeForce 845M
1399 GeForce 945M
139a GeForce GTX 950M
139b GeForce GTX 960M
139c GeForce 940M
139d GeForce GTX 750 Ti
13ad GM107 INT52
13ae GM107 CS1
13b0 Quadro M2000M
13b1 Quadro M1000M
13b2 Quadro M600M
13b3 Quadro K2200M
13b4 Quadro M620 Mobile
13b6 Quadro M1200 Mobile
13b9 NVS 810
13ba Quadro K2200
13bb Quadro K620
13bc Quadro K1200
13bd Tesla M10
13be GM107 CS1
13bf GM107 INT52
13c0 GeForce GTX 980
13c2 GeForce GTX 970
13c4 D17U-20
13d7 GeForce GTX 980M
13d8 GeForce GTX 960 OEM / 970M
13d9 GeForce GTX 965M
13da GeForce GTX 980 Mobile
13e4 Graphics Device ES-A
13e7 GeForce GTX 980 Engineering Sample
13f0 Quadro M5000
13f1 Quadro M4000
13f2 Tesla M60
13f3 Tesla M6
13f8 Quadro M5000M / M5000 SE
13f9 Quadro M4000M
13fa Quadro M3000M
13fb Quadro M5500
1401 GeForce GTX 960
1402 GeForce GTX 950
1404 GeForce GTX 960 FAKE
1406 GeForce GTX 960 OEM
1407 GeForce GTX 750 v2
1427 GeForce GTX 965M
1430 Quadro M2000
1431 Tesla M4
1436 Quadro M2200 Mobile
15c2 CMP 100-100
15f0 Quadro GP100
15f7 Tesla P100 PCIe 12GB
15f8 Tesla P100 PCIe 16GB
15f9 Tesla P100 SXM2 16GB
15fa DGX Station / PH402 SKU 200
15fb GP100 SKU 200
15fc Tesla P100-DGXS-16GB
15ff GP100 SKU 15ff
1613 GRID M60 Service Provider
1617 GeForce GTX 980M
1618 GeForce GTX 970M
1619 GeForce GTX 965M
161a GeForce GTX 980 Mobile
1667 GeForce GTX 965M
1676 Quadro M2200 Mobile
174d GeForce MX130
174e GeForce MX110
1789 GRID M3-3020
179c GeForce 940MX
17c2 GeForce GTX TITAN X
17c8 GeForce GTX 980 Ti
17f0 Quadro M6000
17f1 Quadro M6000 24GB
17fd Tesla M40
1b00 TITAN X Pascal
1b01 GeForce GTX 1080 Ti 10GB
1b02 TITAN Xp
1b06 GeForce GTX 1080 Ti
1b07 P102-100
1b30 Quadro P6000
1b38 Tesla P40
1b39 Tesla P10
1b80 GeForce GTX 1080
1b81 GeForce GTX 1070
1b82 GeForce GTX 1070 Ti
1b83 GeForce GTX 1060 6GB
1b84 GeForce GTX 1060 3GB
1b87 P104-100
1ba0 GeForce GTX 1080 Mobile
1ba1 GeForce GTX 1070 Mobile
1ba2 GeForce GTX 1070 Mobile
1bad GeForce GTX 1070 Engineering Sample
1bb0 Quadro P5000
1bb1 Quadro P4000
1bb3 Tesla P4
1bb4 Tesla P6
1bb5 Quadro P5200 Mobile
1bb6 Quadro P5000 Mobile
1bb7 Quadro P4000 Mobile
1bb8 Quadro P3000 Mobile
1bb9 Quadro P4200 Mobile
1bbb Quadro P3200 Mobile
1bc7 P104-101
1be0 GeForce GTX 1080 Mobile
1be1 GeForce GTX 1070 Mobile
1c02 GeForce GTX 1060 3GB
1c03 GeForce GTX 1060 6GB
1c04 GeForce GTX 1060 5GB
1c06 GeForce GTX 1060 6GB Rev. 2
1c07 P106-100
1c09 P106-090
1c20 GeForce GTX 1060 Mobile
1c21 GeForce GTX 1050 Ti Mobile
1c22 GeForce GTX 1050 Mobile
1c23 GeForce GTX 1060 Mobile Rev. 2
1c30 Quadro P2000
1c31 Quadro P2200
1c35 Quadro P2000 Mobile / DRIVE PX 2 AutoChauffeur
1c36 P106M
1c60 GeForce GTX 1060 Mobile 6GB
1c61 GeForce GTX 1050 Ti Mobile
1c62 GeForce GTX 1050 Mobile
1c81 GeForce GTX 1050
1c82 GeForce GTX 1050 Ti
1c83 GeForce GTX 1050 3GB
1c8c GeForce GTX 1050 Ti Mobile
1c8d GeForce GTX 1050 Mobile
1c8f GeForce GTX 1050 Ti Max-Q
1c90 GeForce MX150
1c91 GeForce GTX 1050 3 GB Max-Q
1c92 GeForce GTX 1050 Mobile
1c94 GeForce MX350
1c96 GeForce MX350
1cb1 Quadro P1000
1cb2 Quadro P600
1cb3 Quadro P400
1cb6 Quadro P620
1cba Quadro P2000 Mobile
1cbb Quadro P1000 Mobile
1cbc Quadro P600 Mobile
1cbd Quadro P620
1ccc GeForce GTX 1050 Ti Mobile
1ccd GeForce GTX 1050 Mobile
1cfa Quadro P2000
1cfb Quadro P1000
1d01 GeForce GT 1030
1d02 GeForce GT 1010
1d10 GeForce MX150
1d11 GeForce MX230
1d12 GeForce MX150
1d13 GeForce MX250
1d16 GeForce MX330
1d33 Quadro P500 Mobile
1d34 Quadro P520
1d52 GeForce MX250
1d56 GeForce MX330
1d81 TITAN V
1d83 CMP 100-200
1d84 CMP 100-210
1db0 Tesla GV100 SXM2-16GB SKU 890
1db1 Tesla V100 SXM2 16GB
1db2 Tesla V100 DGXS 16GB
1db3 Tesla V100 FHHL 16GB
1db4 Tesla V100 PCIe 16GB
1db5 Tesla V100 SXM2 32GB
1db6 Tesla V100 PCIe 32GB
1db7 Tesla V100 DGXS 32GB
1db8 Tesla V100 SXM3 32GB
1dba Quadro GV100
1dbd Tesla GV100 DGX1-V
1dc1 CMP 100-200
1df0 Tesla PG500-216
1df2 Tesla PG503-216
1df4 CMP 100-210
1df5 Tesla V100 SXM2 16GB
1df6 Tesla V100S PCIe 32GB
1e02 TITAN RTX
1e03 GeForce RTX 2080 Ti 12GB
1e04 GeForce RTX 2080 Ti
1e07 GeForce RTX 2080 Ti Rev. A
1e09 CMP 50HX
1e2d GeForce RTX 2080 Ti Engineering Sample
1e2e GeForce RTX 2080 Ti 12GB Engineering Sample
1e30 Quadro RTX 6000/8000
1e35 Tesla T10
1e36 Quadro RTX 6000
1e37 Tesla T10 16GB / GRID RTX T10-2/T10-4/T10-8
1e38 Tesla T40 24GB
1e78 Quadro RTX 6000/8000
1e81 GeForce RTX 2080 SUPER
1e82 GeForce RTX 2080
1e84 GeForce RTX 2070 SUPER
1e87 GeForce RTX 2080 Rev. A
1e89 GeForce RTX 2060
1e90 GeForce RTX 2080 Mobile
1e91 GeForce RTX 2070 SUPER Mobile / Max-Q
1e93 GeForce RTX 2080 SUPER Mobile / Max-Q
1eae GeForce GTX 2080 Engineering Sample
1eb0 Quadro RTX 5000
1eb1 Quadro RTX 4000
1eb4 T4G
1eb5 Quadro RTX 5000 Mobile / Max-Q
1eb6 Quadro RTX 4000 Mobile / Max-Q
1eb8 Tesla T4
1eba PG189 SKU600
1ec2 GeForce RTX 2070 SUPER
1ec7 GeForce RTX 2070 SUPER
1ed0 GeForce RTX 2080 Mobile
1ed1 GeForce RTX 2070 SUPER Mobile / Max-Q
1ed3 GeForce RTX 2080 SUPER Mobile / Max-Q
1ef5 Quadro RTX 5000 Mobile Refresh
1f02 GeForce RTX 2070
1f03 GeForce RTX 2060 12GB
1f06 GeForce RTX 2060 SUPER
1f07 GeForce RTX 2070 Rev. A
1f08 GeForce RTX 2060 Rev. A
1f09 GeForce GTX 1660 SUPER
1f0a GeForce GTX 1650
1f0b CMP 40HX
1f10 GeForce RTX 2070 Mobile
1f11 GeForce RTX 2060 Mobile
1f12 GeForce RTX 2060 Max-Q
1f14 GeForce RTX 2070 Mobile / Max-Q Refresh
1f15 GeForce RTX 2060 Mobile
1f36 Quadro RTX 3000 Mobile / Max-Q
1f42 GeForce RTX 2060 SUPER
1f47 GeForce RTX 2060 SUPER
1f50 GeForce RTX 2070 Mobile / Max-Q
1f51 GeForce RTX 2060 Mobile
1f54 GeForce RTX 2070 Mobile
1f55 GeForce RTX 2060 Mobile
1f76 Quadro RTX 3000 Mobile Refresh
1f82 GeForce GTX 1650
1f83 GeForce GTX 1630
1f91 GeForce GTX 1650 Mobile / Max-Q
1f92 GeForce GTX 1650 Mobile
1f94 GeForce GTX 1650 Mobile
1f95 GeForce GTX 1650 Ti Mobile
1f96 GeForce GTX 1650 Mobile / Max-Q
1f97 GeForce MX450
1f98 GeForce MX450
1f99 GeForce GTX 1650 Mobile / Max-Q
1f9c GeForce MX450
1f9d GeForce GTX 1650 Mobile / Max-Q
1f9f GeForce MX550
1fa0 GeForce MX550
1fb0 Quadro T1000 Mobile
1fb1 T600
1fb2 Quadro T400 Mobile
1fb6 T600 Laptop GPU
1fb7 T550 Laptop GPU
1fb8 Quadro T2000 Mobile / Max-Q
1fb9 Quadro T1000 Mobile
1fba T600 Mobile
1fbb Quadro T500 Mobile
1fbc T1200 Laptop GPU
1fd9 GeForce GTX 1650 Mobile Refresh
1fdd GeForce GTX 1650 Mobile Refresh
1ff0 T1000 8GB
1ff2 T400 4GB / T400E
1ff9 Quadro T1000 Mobile
2082 CMP 170HX
20b0 A100 SXM4 40GB
20b1 A100 PCIe 40GB
20b2 A100 SXM4 80GB
20b3 A100-SXM-64GB
20b5 A100 PCIe 80GB
20b6 PG506-232
20b7 A30 PCIe
20b8 A100X
20b9 A30X
20bb DRIVE A100 PROD
20bd A800 SXM4 40GB
20be GRID A100A
20bf GRID A100B
20c0 Initial DevID
20c2 CMP 170HX
20f0 A100-PG506-207
20f1 A100 PCIe 40GB
20f2 A100-PG506-217
20f3 A800-SXM4-80GB
20f5 A800 80GB PCIe
20f6 A800 40GB PCIe
20fd AX800 Converged Accelerator
20fe INT SKU
2182 GeForce GTX 1660 Ti
2184 GeForce GTX 1660
2186 PG160 SKU18
2187 GeForce GTX 1650 SUPER
2188 GeForce GTX 1650
2189 CMP 30HX
2191 GeForce GTX 1660 Ti Mobile
2192 GeForce GTX 1650 Ti Mobile
21c4 GeForce GTX 1660 SUPER
21d1 GeForce GTX 1660 Ti Mobile
2203 GeForce RTX 3090 Ti
2204 GeForce RTX 3090
2205 GeForce RTX 3080 Ti 20GB
2206 GeForce RTX 3080
2207 GeForce RTX 3070 Ti
2208 GeForce RTX 3080 Ti
220a GeForce RTX 3080 12GB
220d CMP 90HX
2216 GeForce RTX 3080 Lite Hash Rate
222b GeForce RTX 3090 Engineering Sample
222f GeForce RTX 3080 11GB / 12GB Engineering Sample
2230 RTX A6000
2231 RTX A5000
2232 RTX A4500
2233 RTX A5500
2235 A40
2236 A10
2237 A10G
2238 A10M
230c H20 NVL16
230e H20 NVL16
2313 H100 CNX
2321 H100L 94GB
2322 H800 PCIe
2324 H800
2328 H20B
2329 H20
232c H20 HBM3e
2330 H100 SXM5 80GB
2331 H100 PCIe
2335 H200 SXM 141GB
2336 H100
2337 H100 SXM5 64GB
2338 H100 SXM5 96GB
2339 H100 SXM5 94GB
233a H800L 94GB
233b H200 NVL
233d H100 96GB
2342 GH200 120GB / 480GB
2345 GH100-88K-A1
2348 GH200 144G HBM3e
237e H100 GH3
237f Skinny Joe
2414 GeForce RTX 3060 Ti
2420 GeForce RTX 3080 Ti Mobile
2438 RTX A5500 Laptop GPU
2460 GeForce RTX 3080 Ti Laptop GPU
2482 GeForce RTX 3070 Ti
2484 GeForce RTX 3070
2486 GeForce RTX 3060 Ti
2487 GeForce RTX 3060
2488 GeForce RTX 3070 Lite Hash Rate
2489 GeForce RTX 3060 Ti Lite Hash Rate
248a CMP 70HX
248c GeForce RTX 3070 Ti
248d GeForce RTX 3070
248e GeForce RTX 3060 Ti
249c GeForce RTX 3080 Mobile / Max-Q 8GB/16GB
249d GeForce RTX 3070 Mobile / Max-Q
24a0 Geforce RTX 3070 Ti Laptop GPU
24ac GeForce RTX 30x0 Engineering Sample
24ad GeForce RTX 3060 Engineering Sample
24af GeForce RTX 3070 Engineering Sample
24b0 RTX A4000
24b1 RTX A4000H
24b6 RTX A5000 Mobile
24b7 RTX A4000 Mobile
24b8 RTX A3000 Mobile
24b9 RTX A3000 12GB Laptop GPU
24ba RTX A4500 Laptop GPU
24bb RTX A3000 Laptop GPU
24bf GeForce RTX 3070 Engineering Sample
24c0 Initial Dev ID B
24c7 GeForce RTX 3060 8GB
24c8 GeForce RTX 3070 GDDR6X
24c9 GeForce RTX 3060 Ti GDDR6X
24dc GeForce RTX 3080 Mobile / Max-Q 8GB/16GB
24dd GeForce RTX 3070 Mobile / Max-Q
24e0 Geforce RTX 3070 Ti Laptop GPU
24fa RTX A4500 Embedded GPU
2501 GeForce RTX 3060
2503 GeForce RTX 3060
2504 GeForce RTX 3060 Lite Hash Rate
2507 Geforce RTX 3050
2508 GeForce RTX 3050 OEM
2509 GeForce RTX 3060 12GB Rev. 2
2520 GeForce RTX 3060 Mobile / Max-Q
2521 GeForce RTX 3060 Laptop GPU
2523 GeForce RTX 3050 Ti Mobile / Max-Q
252f GeForce RTX 3060 Engineering Sample
2531 RTX A2000
2544 GeForce RTX 3060
2560 GeForce RTX 3060 Mobile / Max-Q
2561 GeForce RTX 3060 Laptop GPU
2563 GeForce RTX 3050 Ti Mobile / Max-Q
2571 RTX A2000 12GB
2582 GeForce RTX 3050 8GB
2583 GeForce RTX 3050 4GB
2584 GeForce RTX 3050 6GB
25a0 GeForce RTX 3050 Ti Mobile
25a2 GeForce RTX 3050 Mobile
25a5 GeForce RTX 3050 Mobile
25a6 GeForce MX570
25a7 GeForce MX570
25a9 GeForce RTX 2050
25aa GeForce MX570 A
25ab GeForce RTX 3050 4GB Laptop GPU
25ac GeForce RTX 3050 6GB Laptop GPU
25ad GeForce RTX 2050
25af GeForce RTX 3050 Engineering Sample
25b0 RTX A1000
25b2 RTX A400
25b5 RTX A4 Mobile
25b6 A2 / A16
25b8 RTX A2000 Mobile
25b9 RTX A1000 Laptop GPU
25ba RTX A2000 8GB Laptop GPU
25bb RTX A500 Laptop GPU
25bc RTX A1000 6GB Laptop GPU
25bd RTX A500 Laptop GPU
25e0 GeForce RTX 3050 Ti Mobile
25e2 GeForce RTX 3050 Mobile
25e5 GeForce RTX 3050 Mobile
25ec GeForce RTX 3050 6GB Laptop GPU
25ed GeForce RTX 2050
25f9 RTX A1000 Embedded GPU
25fa RTX A2000 Embedded GPU
25fb RTX A500 Embedded GPU
2681 RTX TITAN Ada
2684 GeForce RTX 4090
2685 GeForce RTX 4090 D
2689 GeForce RTX 4070 Ti SUPER
26af PG137
26b1 RTX 6000 Ada Generation
26b2 RTX 5000 Ada Generation
26b3 RTX 5880 Ada Generation
26b5 L40
26b7 L20
26b8 L40G
26b9 L40S
26ba L20
26bb L30
26f5 L40 CNX
2702 GeForce RTX 4080 SUPER
2703 GeForce RTX 4080 SUPER
2704 GeForce RTX 4080
2705 GeForce RTX 4070 Ti SUPER
2709 GeForce RTX 4070
2717 GeForce RTX 4090 Laptop GPU
2730 RTX 5000 Ada Generation Laptop GPU
2757 GeForce RTX 4090 Laptop GPU
2770 RTX 5000 Ada Generation Embedded GPU
2782 GeForce RTX 4070 Ti
2783 GeForce RTX 4070 SUPER
2785 AC AD104 20GB
2786 GeForce RTX 4070
2788 GeForce RTX 4060 Ti
27a0 GeForce RTX 4080 Max-Q / Mobile
27b0 RTX 4000 SFF Ada Generation
27b1 RTX 4500 Ada Generation
27b2 RTX 4000 Ada Generation
27b6 L2
27b7 L16
27b8 L4
27ba RTX 4000 Ada Generation Laptop GPU
27bb RTX 3500 Ada Generation Laptop GPU
27e0 GeForce RTX 4080 Max-Q / Mobile
27fa RTX 4000 Ada Generation Embedded GPU
27fb RTX 3500 Ada Generation Embedded GPU
2803 GeForce RTX 4060 Ti
2805 GeForce RTX 4060 Ti 16GB
2808 GeForce RTX 4060
2820 GeForce RTX 4070 Max-Q / Mobile
2822 GeForce RTX 3050 A Laptop GPU
2838 RTX 3000 Ada Generation Laptop GPU
2860 GeForce RTX 4070 Max-Q / Mobile
2878 RTX 3000 Ada Generation Embedded GPU
2882 GeForce RTX 4060
28a0 GeForce RTX 4060 Max-Q / Mobile
28a1 GeForce RTX 4050 Max-Q / Mobile
28a3 GeForce RTX 3050 A Laptop GPU
28b0 RTX 2000 / 2000E Ada Generation
28b8 RTX 2000 Ada Generation Laptop GPU
28b9 RTX 1000 Ada Generation Laptop GPU
28ba RTX 500 Ada Generation Laptop GPU
28bb RTX 500 Ada Generation Laptop GPU
28e0 GeForce RTX 4060 Max-Q / Mobile
28e1 GeForce RTX 4050 Max-Q / Mobile
28e3 GeForce RTX 3050 A Laptop GPU
28f8 RTX 2000 Ada Generation Embedded GPU
2901 B200
2909 HGX B200 168GB
290a B200
2920 TS4 / B100
2941 HGX GB200
29bb DRIVE P2021
29bc B100
2b00 Jetson AGX Thor
2b85 GeForce RTX 5090
2b87 GeForce RTX 5090 D
2b8c GeForce RTX 5090 D V2
2bb1 RTX PRO 6000 Blackwell Workstation Edition
2bb2 RTX PRO 6000D Blackwell Workstation Edition
2bb3 RTX PRO 5000 Blackwell / RTX PRO 5000 72GB Blackwell
2bb4 RTX PRO 6000 Blackwell Max-Q Workstation Edition
2bb5 RTX PRO 6000 Blackwell Server Edition
2bb9 RTX 6000D
2bbc RTX PRO 6000D Blackwell Max-Q Workstation Edition
2c02 GeForce RTX 5080
2c05 GeForce RTX 5070 Ti
2c09 GeForce RTX 5070
2c18 GeForce RTX 5090 Max-Q / Mobile
2c19 GeForce RTX 5080 Max-Q / Mobile
2c31 RTX PRO 4500 Blackwell
2c33 RTX PRO 4000 Blackwell SFF Edition
2c34 RTX PRO 4000 Blackwell
2c38 RTX PRO 5000 Blackwell Generation Laptop GPU
2c39 RTX PRO 4000 Blackwell Generation Laptop GPU
2c3a RTX PRO 4500 Blackwell Server Edition
2c58 GeForce RTX 5090 Max-Q / Mobile
2c59 GeForce RTX 5080 Max-Q / Mobile
2c77 RTX PRO 5000 Blackwell Embedded GPU
2c79 RTX PRO 4000 Blackwell Embedded GPU
2d04 GeForce RTX 5060 Ti
2d05 GeForce RTX 5060
2d18 GeForce RTX 5070 Max-Q / Mobile
2d19 GeForce RTX 5060 Max-Q / Mobile
2d30 RTX PRO 2000 Blackwell
2d39 RTX PRO 2000 Blackwell Generation Laptop GPU
2d58 GeForce RTX 5070 Max-Q / Mobile
2d59 GeForce RTX 5060 Max-Q / Mobile
2d79 RTX PRO 2000 Blackwell Embedded GPU
2d83 GeForce RTX 5050
2d98 GeForce RTX 5050 Max-Q / Mobile
2db8 RTX PRO 1000 Blackwell Generation Laptop GPU
2db9 RTX PRO 500 Blackwell Generation Laptop GPU
2dd8 GeForce RTX 5050 Max-Q / Mobile
2df9 RTX PRO 500 Blackwell Embedded GPU
2e03 RTX Spark N1X (6144-core Blackwell RTX GPU)
2e06 RTX Spark N1X (5120-core Blackwell RTX GPU)
2e12 GB10
2e13 RTX Spark N1X (6144-core Blackwell RTX GPU)
2f04 GeForce RTX 5070
2f06 GeForce RTX 5060
2f18 GeForce RTX 5070 Ti Mobile
2f38 RTX PRO 3000 Blackwell Generation Laptop GPU
2f58 GeForce RTX 5070 Ti Mobile
3021 PCIe Faber
3182 B300 SXM6 AC
31a1 GB300 MaxQ
31c2 GB300
31c3 GB300-252
"""
NAMES: Dict[str, str] = {line[:4]: line[5:] for line in _LINES.splitlines()}
