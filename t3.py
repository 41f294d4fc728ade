import os; os.environ["NUMBA_NUM_THREADS"]="1"; os.environ["OPENBLAS_NUM_THREADS"]="1"
import sys,time, numpy as np
sys.path.insert(0,"/tmp/k5")
import workbench as wb, dense
from workbench.objectives import softmax_kernels as kernels
d=wb.load_dataset("mnist",data_dir="/work/shared/data")
X=d.X[:30016].astype(np.float32); y=d.y[:30016]
f=wb.SoftmaxObjective(X,y,l2=1e-4,reference=None); th=.01*np.random.default_rng(0).normal(size=f.x0.size); 
ptr,like=dense.pointer(np.float32); none=np.empty(0); rows=np.arange(30016)
runs={"mine":lambda:f(th),"C":lambda:dense.evaluate(ptr,th,none,X,rows,f.codes,none,like,10,False,1e-4,1,64)}
if hasattr(kernels,"new_block"):
    W=np.zeros((10,800),np.float32); b=kernels.new_block(W,10,10,784); bias=np.zeros(10)
    B=30016//64
    def sc():
        for i in range(B): kernels.fill(b,rows,i*64,f.codes,none); kernels.score(X,W,b,64)
    def re():
        for i in range(B): kernels.residuals(b,64,bias,False)
    G=np.zeros((10,800))
    def sp():
        for i in range(B): kernels.fill(b,rows,i*64,f.codes,none); kernels.spread(X,b,64,G)
    runs|={"score":sc,"residuals":re,"spread":sp}
t={k:[] for k in runs}
for k,r in runs.items(): r()
for _ in range(15):
    for k,r in runs.items():
        s=time.thread_time(); r(); t[k].append(time.thread_time()-s)
print({k:f"{min(v)*1e3:.2f}/{np.median(v)*1e3:.2f}" for k,v in t.items()})
