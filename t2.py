import time, numpy as np, workbench as wb, sys
from scipy import sparse
d=wb.load_dataset("mnist",data_dir="/work/shared/data")
rng=np.random.default_rng(0)
out=[]
for name,A in (("f32",d.X.astype(np.float32)),("f64",d.X.astype(np.float64)),("csr",sparse.csr_array(d.X))):
    f=wb.SoftmaxObjective(A,d.y,l2=1e-4,reference=None); th=.01*rng.normal(size=f.x0.size); f(th)
    ts=[]; c=[]
    for _ in range(15):
        t=time.perf_counter(); p=time.process_time(); f(th); ts.append(time.perf_counter()-t); c.append(time.process_time()-p)
    out.append(f"{name} min {min(ts)*1e3:.1f} med {np.median(ts)*1e3:.1f} cpu {np.median(c)*1e3:.1f}")
print("; ".join(out))
